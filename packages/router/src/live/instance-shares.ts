// Which part of an app's requests each of its instances gets. Known while somebody looks: the workers are asked then.

import type { InstanceState } from "../workers/worker-messages.ts";

const WINDOW_MS = 10_000;

type Counts = Map<string, { total: number; readonly byId: Map<string, number> }>;

/** Shares in the last 10 to 20 seconds, or since somebody looked last. `now` is epoch milliseconds. */
export class InstanceShares {
  #recent: Counts = new Map();
  #before: Counts = new Map();
  #turnedAt = 0;

  /** Adds what the workers, or this process, told of instances. */
  add(states: Iterable<InstanceState>, now: number): void {
    if (now - this.#turnedAt >= WINDOW_MS) {
      this.#before = this.#recent;
      this.#recent = new Map();
      this.#turnedAt = now;
    }
    for (const { app, id, exchanges } of states) {
      if (exchanges === 0) continue;
      const counts = this.#recent.get(app) ?? { total: 0, byId: new Map<string, number>() };
      this.#recent.set(app, counts);
      counts.total += exchanges;
      counts.byId.set(id, (counts.byId.get(id) ?? 0) + exchanges);
    }
  }

  /** From 0 to 1; null: its app had no request. */
  of(app: string, id: string): number | null {
    const both = [this.#recent.get(app), this.#before.get(app)];
    const total = both.reduce((sum, counts) => sum + (counts?.total ?? 0), 0);
    if (total === 0) return null;
    return both.reduce((sum, counts) => sum + (counts?.byId.get(id) ?? 0), 0) / total;
  }
}
