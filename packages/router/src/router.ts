// The frame: makes the parts of a router, starts them in order, and closes them in order.

import { setTimeout as sleep } from "node:timers/promises";

import { abortable } from "@wayleave/store";

import { platformAddresses } from "./control/platform-addresses.ts";
import type { ListenAt, RouterSettings } from "./router-settings.ts";
import { DRAIN_TIMEOUT_MS, type RouterParts, createParts } from "./router-parts.ts";

const DEFAULT_LISTEN: ListenAt = { host: "0.0.0.0", port: 8080 };
const TELL_AFTER_MS = 2_000;
/** To load what speaks to etcd holds this process up for a tenth of a second: who waits at /readyz is answered first. */
const FOLLOW_AFTER_MS = 50;

/** A running router. */
export interface Router {
  readonly id: string;
  /** Where it takes requests, and where its admin listens: with the ports that were really bound. */
  readonly listen: ListenAt;
  readonly admin: ListenAt;
  /** Where it takes requests over TLS; undefined: nowhere. */
  readonly listenTls: ListenAt | undefined;
  readonly port: number;
  readonly adminPort: number;
  /** The etcd revision that its table has applied. */
  readonly revision: number;
  /** Exchanges that are over. */
  readonly exchangeCount: number;
  /**
   * Replaces the workers one by one with the code that is on disk now, without losing a request. Rejects when a
   * new one does not come up, and the old ones stay; also when there are no workers.
   */
  reload(): Promise<void>;
  /**
   * /readyz says 503 first, for `drainDelayMs`; then nothing new is accepted and what runs may finish, for
   * as long as `drainTimeoutMs`; then the replica's record goes. Never rejects.
   */
  close(): Promise<void>;
  /** Cuts everything at once; the replica's record is left to its lease. */
  destroy(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a router. The admin listener is up at once; requests are accepted once there is a table, from
 * etcd or from `stateDir`, and then this resolves: a load balancer must not find a router that
 * knows no route. Rejects when a setting makes no sense, a port is taken, or `signal` is aborted.
 */
export async function startRouter(settings: RouterSettings): Promise<Router> {
  const parts = await createParts(settings);
  const { admin, control, followedFiles, dataPlane, fleet, forbidden, logger } = parts;
  const listen = settings.listen ?? DEFAULT_LISTEN;
  const late = setTimeout(() => logger.warn(control.status, "waiting-for-etcd"), TELL_AFTER_MS).unref();
  try {
    fleet?.start();
    await admin.listen();
    const platform = { endpoints: settings.store.endpoints, admin: admin.at, logger };
    for (const address of await platformAddresses(platform)) forbidden.add(address);
    const ready = control.start().then(() => control.ready);
    await (settings.signal === undefined ? ready : abortable(ready, settings.signal));
    for (const files of followedFiles) await files.start();
    const listenTls = settings.listenTls && (await bindTls(parts, settings.listenTls));
    const { port } = await dataPlane.engine.listen(listen);
    setTimeout(() => control.follow(), FOLLOW_AFTER_MS).unref();
    return new RunningRouter(parts, settings, { listen: { host: listen.host, port }, listenTls });
  } catch (error) {
    dataPlane.engine.destroy();
    for (const files of followedFiles) files.close();
    // The replica's record may stand already: left to its lease, every `--wait` would wait for a router that is none.
    await control.close();
    await admin.close();
    throw error;
  } finally {
    clearTimeout(late);
  }
}

/** Where it really listens. */
interface Listening {
  readonly listen: ListenAt;
  readonly listenTls: ListenAt | undefined;
}

async function bindTls({ dataPlane }: RouterParts, { host, port }: ListenAt): Promise<ListenAt> {
  return { host, port: (await dataPlane.engine.listenTls({ host, port })).port };
}

class RunningRouter implements Router {
  readonly id: string;
  readonly listen: ListenAt;
  readonly listenTls: ListenAt | undefined;
  readonly admin: ListenAt;
  readonly #parts: RouterParts;
  readonly #settings: RouterSettings;
  #closed: Promise<void> | undefined;
  readonly #destroyed = new AbortController();

  constructor(parts: RouterParts, settings: RouterSettings, { listen, listenTls }: Listening) {
    this.id = parts.id;
    this.listen = listen;
    this.listenTls = listenTls;
    this.admin = parts.admin.at;
    this.#parts = parts;
    this.#settings = settings;
    parts.readiness.listen = listen;
    parts.readiness.listenTls = listenTls;
  }

  get port(): number {
    return this.listen.port;
  }

  get adminPort(): number {
    return this.admin.port;
  }

  get revision(): number {
    return this.#parts.control.revision;
  }

  get exchangeCount(): number {
    return this.#parts.dataPlane.exchangeCounts.total;
  }

  async reload(): Promise<void> {
    const { fleet } = this.#parts;
    if (fleet === undefined) throw new Error("there are no workers to replace: the router is one process");
    await fleet.reload();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  destroy(): void {
    this.#destroyed.abort();
    destroyParts(this.#parts);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { dataPlane, tracing, control, followedFiles, admin, readiness, logger } = this.#parts;
    const { engine } = dataPlane;
    readiness.isClosing = true;
    await this.#pause(this.#settings.drainDelayMs ?? 0);
    const finished = engine.close();
    const isLate = await Promise.race([
      finished.then(() => false),
      this.#pause(this.#settings.drainTimeoutMs ?? DRAIN_TIMEOUT_MS).then(() => true),
    ]);
    if (isLate) logger.warn({ connections: engine.connections }, "drain-timed-out");
    engine.destroy();
    await finished;
    await tracing?.close();
    for (const files of followedFiles) files.close();
    await control.close();
    await admin.close();
  }

  /** Ends early when the router is destroyed. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#destroyed;
    if (ms > 0) await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function destroyParts({ dataPlane, tracing, control, followedFiles, admin }: RouterParts): void {
  dataPlane.engine.destroy();
  tracing?.destroy();
  for (const files of followedFiles) files.close();
  control.destroy();
  admin.destroy();
}
