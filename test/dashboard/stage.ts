// What the dashboard is looked at with: an etcd, a router as a process of its own, apps that are asked for something.

import { type EmbeddedEtcd, startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { type Store, openStore } from "@wayleave/store";
import {
  type DemoApp,
  type IssuedCertificate,
  type Load,
  TestAuthority,
  startDemoApp,
  startLoad,
} from "@wayleave/testkit";

import { type RunningReplica, startReplica } from "../cluster.ts";

export const HOSTILE = '<script>document.title="taken"</script>';

/** A running platform, and what to do with it. */
export interface Stage extends AsyncDisposable {
  readonly etcd: EmbeddedEtcd;
  readonly store: Store;
  readonly router: RunningReplica;
  /** Of the app `shop`. */
  readonly instances: readonly DemoApp[];
  /** Where a view is. */
  at(view: string): string;
}

/** Writes records under the prefix, given by the rest of their keys. */
export function put(store: Store, records: Readonly<Record<string, unknown>>): Promise<number> {
  const changes = Object.entries(records).map(([key, value]) => ({
    put: `/wayleave/table/${key}`,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));
  return store.commit(changes);
}

/** Starts it: two hosts that work, one that does not, and records that mean no good. */
export async function startStage(flags: readonly string[] = []): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const etcd = stack.use(await startEmbeddedEtcd());
  const store = stack.use(openStore({ endpoints: [etcd.endpoint] }));
  const instances = await Promise.all(["one", "two"].map((name) => startDemoApp({ name })));
  for (const instance of instances) stack.use(instance);
  await put(store, recordsFor(instances));
  const router = stack.use(await startReplica([etcd.endpoint], flags));
  const owned = stack.move();
  return {
    etcd,
    store,
    router,
    instances,
    at: (view) => `${router.admin}/dashboard/${view}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Records of certificates in every state, for a router that takes plain keys. */
export function certificateRecords(): Record<string, unknown> {
  return {
    "certificates/shop": issue(["shop.example", "*.shop.example"], -10, 80.5),
    "certificates/soon": issue(["soon.example"], -80, 9.5),
    "certificates/old": issue(["empty.example"], -90, -2.5),
    "certificates/next": issue(["shop.example"], 5.5, 95),
    "certificates/mixed": { ...issue(["blog.example"], -1, 90), key: issue(["blog.example"], -1, 90).key },
  };
}

/** A certificate that is valid from and until so many days from now, with its key in plain. */
export function issue(names: readonly string[], fromDays: number, untilDays: number): IssuedCertificate {
  return AUTHORITY.issue(names, { notBefore: inDays(fromDays), notAfter: inDays(untilDays) });
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}

const AUTHORITY = new TestAuthority("Example Authority");
const DAY_MS = 86_400_000;

/** Requests to a host, a few at once, until it is stopped. */
export function load(stage: Stage, host: string): Load {
  return startLoad({ ports: [stage.router.port], host, concurrency: 2, pauseMs: 20 });
}

function recordsFor(instances: readonly DemoApp[]): Record<string, unknown> {
  const [one, two] = instances.map(({ port }) => ({ address: "127.0.0.1", port }));
  return {
    "routes/shop.example/": { to: [{ app: "shop" }], labels: { team: HOSTILE } },
    "routes/shop.example/api": {
      to: [
        { app: "shop", version: "v1", weight: 9 },
        { app: "shop", version: "v2", weight: 1 },
      ],
      balance: "least-connections",
    },
    "routes/empty.example/": { to: [{ app: "empty" }] },
    "routes/broken.example/": `{"to": "${HOSTILE.replaceAll('"', "'")}"}`,
    "instances/shop/one": { ...one, version: "v1", zone: "a", tags: { note: HOSTILE } },
    "instances/shop/two": { ...two, version: `v2 ${HOSTILE}` },
  };
}
