// For tests of a living control: a store that says what the test wants, and a table that is a map.

import { keysUnder } from "@wayleave/records";
import { pino } from "pino";

import { Control, type TableSink } from "../control.ts";
import { OPEN_CHECKS } from "./open-checks.ts";
import { FakeStore } from "./fake-store.ts";
import { FoldedTable, MapStore } from "./map-store.ts";

const keys = keysUnder();

/** A control with all that it works on. */
export class World {
  readonly etcd = new MapStore();
  readonly store = new FakeStore();
  readonly table = new FoldedTable();
  readonly logged: { msg: string }[] = [];
  readonly observed: string[] = [];
  /** What the observer was told of guards and records. */
  readonly told: string[] = [];
  readonly control: Control;

  constructor(options: { stateDir?: string; sink?: TableSink } = {}) {
    const observe =
      (what: string) =>
      (value: unknown): void => {
        if (what !== "changeApplied" && what !== "linkChanged")
          this.observed.push(`${what} ${String(value)}`);
      };
    this.control = new Control({
      store: this.store,
      keys,
      checks: OPEN_CHECKS,
      sink: options.sink ?? this.table,
      observer: {
        changeApplied: observe("changeApplied"),
        listed: observe("listed"),
        watchEnded: observe("watchEnded"),
        audited: observe("audited"),
        linkChanged: observe("linkChanged"),
        rejected: ({ key }) => this.told.push(`rejected ${key}`),
        accepted: (key) => this.told.push(`accepted ${key}`),
        held: (removals) => this.told.push(`held ${removals}`),
        suspected: (suspects) => this.told.push(`suspected ${suspects}`),
      },
      logger: pino({}, { write: (line: string) => void this.logged.push(JSON.parse(line)) }),
      id: "one",
      replica: () => ({ admin: "127.0.0.1:9080", version: "1", since: "2026-01-01T00:00:00Z", workers: 0 }),
      stateDir: options.stateDir,
    });
  }

  write(puts: Record<string, string>, deletes: readonly string[] = []): void {
    this.store.follower?.change(this.etcd.write(puts, deletes));
  }

  get events(): string[] {
    return this.logged.map(({ msg }) => msg);
  }

  get publishedRevisions(): unknown[] {
    return this.store.published.map(({ value }) => Object(value).revision);
  }
}

/** One that has its first table, and follows. */
export async function liveWorld(options?: ConstructorParameters<typeof World>[0]): Promise<World> {
  const world = new World(options);
  await world.control.start();
  world.store.follower?.snapshot(world.etcd.snapshot("start"));
  world.store.follower?.status?.({ state: "live", endpoint: "http://127.0.0.1:2379" });
  return world;
}
