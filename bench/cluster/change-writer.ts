// Changes at a steady rate, all over a table, one revision each.

import { setTimeout as delay } from "node:timers/promises";

import { type Keys, keysUnder } from "@wayleave/records";
import type { Store, Write } from "@wayleave/store";

import { type TableSize, hostOf, instanceId, instanceValue } from "./large-table.ts";

const TICK_MS = 1;
/** Writes under way at once; when etcd does not keep up, the rate falls. */
const MOST_UNDER_WAY = 128;
/** An instance of the app under load comes, drains and goes, so that not only strangers change. */
const HOT_EVERY = 100;

/** What to write. */
export interface WriterPlan {
  readonly store: Store;
  readonly prefix: string;
  readonly size: TableSize;
  /** The port of one more instance of the app under load, which comes and goes; undefined: that app stays as it is. */
  readonly hotPort: number | undefined;
  /** Changes a second. */
  readonly rate: number;
}

/** Writes until it is closed. */
export class ChangeWriter implements AsyncDisposable {
  readonly #plan: WriterPlan;
  readonly #keys: Keys;
  readonly #hot: Iterator<Write>;
  readonly #apps: Iterator<Write>;
  readonly #life = new AbortController();
  readonly #running: Promise<void>;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Changes that etcd has committed, and its last revision. */
  written = 0;
  revision = 0;

  constructor(plan: WriterPlan) {
    this.#plan = plan;
    this.#keys = keysUnder(plan.prefix);
    this.#hot = this.#hotWrites();
    this.#apps = this.#appWrites();
    this.#running = this.#run();
  }

  /** Writes no more; resolves when all is committed. Throws what etcd answered when it did not take a write. */
  async close(): Promise<void> {
    this.#life.abort();
    await this.#running;
    await Promise.all(this.#underWay);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    const startedAt = performance.now();
    let sent = 0;
    while (!this.#life.signal.aborted) {
      const due = ((performance.now() - startedAt) / 1_000) * this.#plan.rate;
      for (; sent < due && this.#underWay.size < MOST_UNDER_WAY; sent += 1) this.#write(sent);
      await delay(TICK_MS);
    }
  }

  #write(number: number): void {
    const isHot = this.#plan.hotPort !== undefined && number % HOT_EVERY === 0;
    const { value: write } = (isHot ? this.#hot : this.#apps).next();
    const done = this.#commit(write);
    this.#underWay.add(done);
    void done.finally(() => this.#underWay.delete(done)).catch(() => undefined);
  }

  async #commit(write: Write): Promise<void> {
    const revision = await this.#plan.store.commit([write]);
    this.written += 1;
    this.revision = Math.max(this.revision, revision);
  }

  /** Six changes for some apps, one kind after the other: an instance comes, changes, drains, goes; a route comes and goes. */
  *#appWrites(): Generator<Write, never> {
    const keys = this.#keys;
    const { apps, instancesEach } = this.#plan.size;
    const key = (app: number): string => keys.instance(`app-${app}`, instanceId(app, "new"));
    const value = (app: number, more: object): string => instanceValue(app, instancesEach, more);
    for (let first = 0; ; first = (first + 7_919) % apps) {
      const some = Array.from({ length: 256 }, (_, at) => (first + at * 37) % apps);
      for (const app of some) yield { put: key(app), value: value(app, {}) };
      for (const app of some) yield { put: key(app), value: value(app, { weight: 2 }) };
      for (const app of some) yield { put: key(app), value: value(app, { state: "draining" }) };
      for (const app of some) yield { delete: key(app) };
      for (const app of some) yield { put: keys.route(hostOf(app), "/new"), value: routeTo(app) };
      for (const app of some) yield { delete: keys.route(hostOf(app), "/new") };
    }
  }

  *#hotWrites(): Generator<Write, never> {
    const key = this.#keys.instance("hot", "comes-and-goes");
    const record = { address: "127.0.0.1", port: this.#plan.hotPort };
    for (;;) {
      yield { put: key, value: JSON.stringify(record) };
      yield { put: key, value: JSON.stringify({ ...record, state: "draining" }) };
      yield { delete: key };
    }
  }
}

function routeTo(app: number): string {
  return JSON.stringify({ to: [{ app: `app-${app}` }] });
}
