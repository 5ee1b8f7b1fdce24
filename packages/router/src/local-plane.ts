// The data plane of a router that is one process, as the rest of the router sees one of several: what it counts is
// collected now and then, in one go.

import { setImmediate } from "node:timers/promises";

import type { DataPlane, LocalDataPlane } from "./data-plane.ts";
import { type ExchangeCounts, countsUnder } from "./observe/exchange-counts.ts";
import type { TapRequest } from "./observe/tap.ts";
import { type RecordChanges, type TableChange, joinChange } from "./table/table-change.ts";
import { takeStates } from "./workers/instance-states.ts";
import type { FleetNews } from "./workers/worker-fleet.ts";
import type { InstanceState } from "./workers/worker-messages.ts";

/** A data plane in this process. */
export class LocalPlane implements DataPlane {
  readonly #plane: LocalDataPlane;
  readonly #news: Pick<FleetNews, "counted" | "applying">;
  readonly #counts: ExchangeCounts;
  #prepared: RecordChanges[] = [];

  constructor(plane: LocalDataPlane, news: Pick<FleetNews, "counted" | "applying">) {
    this.#plane = plane;
    this.#news = news;
    this.#counts = countsUnder(plane.table);
  }

  get engineName(): DataPlane["engineName"] {
    return this.#plane.engineName;
  }

  get table(): DataPlane["table"] {
    return this.#plane.table;
  }

  get engine(): DataPlane["engine"] {
    return this.#plane.engine;
  }

  /** Brought up to now as it is read. */
  get exchangeCounts(): ExchangeCounts {
    this.#collect();
    return this.#counts;
  }

  refresh(): Promise<void> {
    this.#collect();
    return Promise.resolve();
  }

  refreshInstances(): Promise<readonly InstanceState[]> {
    return takeStates(this.table);
  }

  setTaps(requests: readonly TapRequest[]): void {
    this.#plane.setTaps(requests);
  }

  prepare(records: RecordChanges): Promise<void> {
    this.#prepared.push(records);
    this.#plane.prepare(records);
    return setImmediate();
  }

  apply(change: TableChange): void {
    const whole = joinChange(this.#prepared.splice(0), change);
    this.#news.applying(whole);
    this.#plane.apply(change);
    for (const { host, path, route } of whole.routes) if (route === null) this.#counts.forget(host, path);
  }

  #collect(): void {
    const delta = this.#plane.exchangeCounts.take();
    this.#counts.active = this.#plane.exchangeCounts.active;
    if (delta === undefined) return;
    this.#counts.add(delta);
    this.#news.counted(delta);
  }
}
