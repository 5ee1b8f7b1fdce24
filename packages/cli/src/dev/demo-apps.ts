import { setTimeout as sleep } from "node:timers/promises";

import type { Keys } from "@wayleave/records";
import type { Store } from "@wayleave/store";

import { DemoApp, type DemoAppName } from "./demo-app.ts";
import { InstanceView } from "./instance-view.ts";
import type { DevInstance } from "./status-line.ts";

const LOOK_MS = 50;

export interface DemoAppsSettings {
  readonly store: Store;
  readonly keys: Keys;
  /** How `wayleave run` reaches etcd. */
  readonly connection: readonly string[];
  readonly ttlSeconds: number;
  readonly say: (line: string) => void;
}

/** All instances of the demo apps, as processes and as records. */
export class DemoApps implements AsyncDisposable {
  readonly #settings: DemoAppsSettings;
  readonly #apps: DemoApp[] = [];
  readonly #view: InstanceView;
  readonly #expired = new Set<DemoApp>();

  constructor(settings: DemoAppsSettings) {
    this.#settings = settings;
    this.#view = new InstanceView(settings.store, settings.keys, () => this.#tellExpired());
  }

  /** What a person is told of each one that runs, or whose record still stands. */
  get instances(): readonly DevInstance[] {
    return this.#apps
      .filter((app) => app.isRunning || this.#isRegistered(app))
      .toSorted((a, b) => a.id.localeCompare(b.id))
      .map((app) => this.#describe(app));
  }

  /** Starts one more instance. */
  start(name: DemoAppName): void {
    const { connection, ttlSeconds } = this.#settings;
    const number = this.#apps.filter(({ app }) => app === name).length + 1;
    const app = new DemoApp({ app: name, id: `${name}-${number}`, connection, ttlSeconds });
    this.#apps.push(app);
    void this.#follow(app);
  }

  /** Kills the newest instance of an app that runs, so that its lease runs out. */
  kill(name: DemoAppName): void {
    const { say, ttlSeconds } = this.#settings;
    const app = this.#apps.findLast((candidate) => candidate.app === name && candidate.isRunning);
    if (app === undefined) return say(`no instance of ${name} is running; a starts one`);
    app.kill();
    say(
      `killed ${app.id}: nobody told etcd, so its lease runs out within ${ttlSeconds} s; until then requests go elsewhere`,
    );
  }

  /**
   * Resolves when each instance that was started is registered, or has ended; after `withinMs` at the latest, and
   * then says which are not and what they wrote.
   */
  async ready(withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    const waiting = (): DemoApp[] => this.#apps.filter((app) => app.isRunning && !this.#isRegistered(app));
    while (waiting().length > 0 && Date.now() < deadline) await sleep(LOOK_MS);
    for (const app of waiting()) this.#settings.say(`${app.id} is not registered yet:\n${app.output}`);
  }

  /** All leave without losing a request. */
  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close()));
    await this.#view.close();
  }

  destroy(): void {
    for (const app of this.#apps) app.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(app: DemoApp): Promise<void> {
    await app.ended;
    if (!app.isAsked) this.#settings.say(`${app.id} has ended by itself:\n${app.output}`);
  }

  #tellExpired(): void {
    for (const app of this.#apps) {
      if (app.killedAt === undefined || this.#isRegistered(app) || this.#expired.has(app)) continue;
      this.#expired.add(app);
      this.#settings.say(`the lease of ${app.id} has run out: its record is gone, in one revision`);
    }
  }

  #isRegistered({ app, id }: DemoApp): boolean {
    return this.#view.get(`${app}/${id}`) !== undefined;
  }

  #describe(app: DemoApp): DevInstance {
    const record = this.#view.get(`${app.app}/${app.id}`);
    if (app.killedAt === undefined) return { id: app.id, state: record?.state ?? "starting" };
    const left = app.killedAt + this.#settings.ttlSeconds * 1_000 - Date.now();
    return { id: app.id, state: "killed", leaseLeftSeconds: Math.max(0, Math.ceil(left / 1_000)) };
  }
}
