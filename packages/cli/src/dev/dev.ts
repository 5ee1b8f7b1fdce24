import { type Keys, keysUnder } from "@wayleave/records";
import type { Router } from "@wayleave/router";
import { type Store, openStore } from "@wayleave/store";
import type { Logger } from "pino";

import { type ConnectionFlags, connectionArguments, prefixOf, storeSettings } from "../connection.ts";
import { DemoApps } from "./demo-apps.ts";
import { removeDemoRoutes, writeDemoRoutes } from "./demo-routes.ts";
import { type DevEtcd, startDevEtcd, useEtcd } from "./dev-etcd.ts";
import { firstFreePort } from "./first-free-port.ts";
import type { Addresses } from "./welcome.ts";

/** What `dev` starts, and where. A port that is taken moves to the next free one; 0 takes any. */
export interface DevSettings {
  readonly port: number;
  readonly adminPort: number;
  readonly etcdPort: number;
  readonly connection: ConnectionFlags;
  /** Starts an etcd in this process, instead of using that of `connection`. */
  readonly isEtcdOurs: boolean;
  /** Short, so that a person sees a lease run out. */
  readonly ttlSeconds: number;
  readonly logger: Logger;
  /** Takes a line about what happens. */
  readonly say: (line: string) => void;
}

/** What `dev` is made of. */
export interface DevParts {
  readonly addresses: Addresses;
  readonly store: Store;
  readonly keys: Keys;
  readonly router: Router;
  readonly etcd: DevEtcd;
  readonly apps: DemoApps;
}

/** A whole platform on one machine: etcd, a router, and demo apps. */
export interface Dev extends DevParts, AsyncDisposable {
  /** Ends it in the order in which nothing is lost. */
  close(): Promise<void>;
  destroy(): void;
}

/** Starts it; rejects, with nothing left running, when a part does not start. */
export async function startDev(settings: DevSettings): Promise<Dev> {
  const { connection, isEtcdOurs, ttlSeconds, say } = settings;
  await using stack = new AsyncDisposableStack();
  const etcd = stack.use(isEtcdOurs ? await startEtcd(settings) : useEtcd(connection.etcd));
  const prefix = prefixOf(connection);
  // Users and certificates are for a real etcd; ours has none.
  const flags = isEtcdOurs ? { etcd: etcd.endpoints, prefix } : connection;
  const store = stack.use(openStore(await storeSettings(flags)));
  const keys = keysUnder(prefix);
  const routes = await writeDemoRoutes(store, keys);
  if (!isEtcdOurs) stack.defer(() => removeDemoRoutes(store, routes));
  const apps = stack.use(
    new DemoApps({ store, keys, connection: connectionArguments(flags), ttlSeconds, say }),
  );
  // Before the router, because they take longer.
  for (const name of ["hello", "hello", "whoami"] as const) apps.start(name);
  const router = stack.use(await startDevRouter(settings, { store, keys }));
  const { port, adminPort } = router;
  const addresses = { port, adminPort, etcd: etcd.endpoints, isEtcdOurs };
  return new RunningDev({ addresses, store, keys, router, etcd, apps }, stack.move());
}

class RunningDev implements Dev {
  readonly addresses: Addresses;
  readonly store: Store;
  readonly keys: Keys;
  readonly router: Router;
  readonly etcd: DevEtcd;
  readonly apps: DemoApps;
  readonly #stack: AsyncDisposableStack;

  constructor({ addresses, store, keys, router, etcd, apps }: DevParts, stack: AsyncDisposableStack) {
    this.addresses = addresses;
    this.store = store;
    this.keys = keys;
    this.router = router;
    this.etcd = etcd;
    this.apps = apps;
    this.#stack = stack;
  }

  async close(): Promise<void> {
    // Without etcd nobody could leave in order.
    if (!this.etcd.isOn) await this.etcd.toggle();
    await this.apps.close();
    await this.#stack.disposeAsync();
  }

  destroy(): void {
    this.apps.destroy();
    this.router.destroy();
    this.store.destroy();
    this.etcd.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function startEtcd({ etcdPort, say }: DevSettings): Promise<DevEtcd> {
  return await startDevEtcd(await portFrom(etcdPort, "etcd", say));
}

async function startDevRouter(
  { port, adminPort, logger, say }: DevSettings,
  { store, keys }: { store: Store; keys: Keys },
): Promise<Router> {
  // Loaded while the apps start.
  const { startRouter } = await import("@wayleave/router");
  const listen = { host: LOOPBACK, port: await portFrom(port, "the router", say) };
  const admin = { host: LOOPBACK, port: await portFrom(adminPort, "the router's admin listener", say) };
  return await startRouter({ store, prefix: keys.prefix, listen, admin, logger, accessLog: "off" });
}

const LOOPBACK = "127.0.0.1";

async function portFrom(wanted: number, what: string, say: (line: string) => void): Promise<number> {
  const port = await firstFreePort(wanted);
  if (port !== wanted) say(`port ${wanted} is taken: ${what} takes ${port}`);
  return port;
}
