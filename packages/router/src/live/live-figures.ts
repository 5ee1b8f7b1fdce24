// What came in the last seconds, by route and in all. Fixed memory for a route that had a request within the window, one
// number for any other that ever had; an idle route costs no time at all.

import type { Figures, Totals } from "@wayleave/records/api";

import type { CountsDelta } from "../observe/counts-delta.ts";
import { FigureWindow } from "./figure-window.ts";

const WINDOW_SECONDS = 10;
const HISTORY_SECONDS = 300;
const IDLE: Omit<Figures, "lastRequestAt"> = {
  requestsPerSecond: 0,
  errorShare: 0,
  p50Ms: null,
  p95Ms: null,
  p99Ms: null,
};

/** Labels of exchanges that met no route; a route's has a slash. */
const isRoute = (label: string): boolean => label.includes("/");

/** The live figures of one router. `now` is epoch milliseconds. */
export class LiveFigures {
  readonly #windows = new Map<string, FigureWindow>();
  readonly #lastRequestAt = new Map<string, number>();
  readonly #history: Totals[] = [];
  #second = new FigureWindow(1);
  #tickedAt = 0;
  /** Routes with a request since the last tick, and those that had one in the window before and have none now. */
  #changed = new Set<string>();

  /** Adds what was counted since the last time. */
  add({ routes: { labels, cells } }: CountsDelta, now: number): void {
    const second = Math.floor(now / 1_000);
    for (const [row, label] of labels.entries()) {
      this.#second.add(0, cells, row);
      if (!isRoute(label)) continue;
      let window = this.#windows.get(label);
      if (window === undefined) {
        window = new FigureWindow(WINDOW_SECONDS);
        this.#windows.set(label, window);
      }
      window.add(second, cells, row);
      this.#lastRequestAt.set(label, now);
    }
  }

  /** A second is over: its totals go into the history. `gauges` are of now. */
  tick(now: number, gauges: Pick<Totals, "active" | "connections">): Totals {
    const seconds = this.#tickedAt === 0 ? 1 : Math.max(0.001, (now - this.#tickedAt) / 1_000);
    const { requests, errors, ...percentiles } = this.#second.sum(0);
    const round = (count: number): number => Math.round((count / seconds) * 10) / 10;
    const totals = {
      at: now,
      requestsPerSecond: round(requests),
      errorsPerSecond: round(errors),
      ...percentiles,
      ...gauges,
    };
    this.#history.push(totals);
    if (this.#history.length > HISTORY_SECONDS) this.#history.shift();
    this.#second = new FigureWindow(1);
    this.#tickedAt = now;
    this.#letGo(Math.floor(now / 1_000));
    return totals;
  }

  /** The seconds before now, the oldest first. */
  get history(): readonly Totals[] {
    return this.#history;
  }

  /** The figures of the route `host/path`. */
  of(place: string, now: number): Figures {
    const lastRequestAt = this.#lastRequestAt.get(place) ?? null;
    const window = this.#windows.get(place);
    if (window === undefined) return { ...IDLE, lastRequestAt };
    const { requests, errors, ...percentiles } = window.sum(Math.floor(now / 1_000));
    return {
      requestsPerSecond: requests / WINDOW_SECONDS,
      errorShare: requests === 0 ? 0 : errors / requests,
      ...percentiles,
      lastRequestAt,
    };
  }

  /** Routes whose figures may differ from those of the last call: with requests in the window, or just out of it. */
  takeChanged(): string[] {
    const changed = [...this.#changed, ...this.#windows.keys()];
    this.#changed = new Set();
    return changed;
  }

  /** The route is gone. */
  forget(place: string): void {
    this.#windows.delete(place);
    this.#lastRequestAt.delete(place);
    this.#changed.delete(place);
  }

  #letGo(second: number): void {
    for (const [place, window] of this.#windows) {
      if (window.newest > second - WINDOW_SECONDS) continue;
      this.#windows.delete(place);
      this.#changed.add(place);
    }
  }
}
