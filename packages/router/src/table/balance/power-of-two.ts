import { type Ask, mayServe } from "../ask.ts";
import type { InstanceEntry } from "../instance-entry.ts";
import { strengthOf } from "../slow-start.ts";
import type { Balancer } from "./balancer.ts";
import { Roster } from "./roster.ts";

/** Blind draws before all are weighed. A draw fails when it meets a light or a left-out instance. */
const MAX_DRAWS = 16;

/**
 * Two at random, each by its weight; the one with fewer running exchanges for its weight wins. O(1)
 * while most may serve and weights are alike, else O(n).
 */
export class PowerOfTwo implements Balancer {
  readonly #roster = new Roster();

  add(entry: InstanceEntry): void {
    this.#roster.add(entry);
  }

  remove(entry: InstanceEntry): void {
    this.#roster.remove(entry);
  }

  pick(ask: Ask): InstanceEntry | undefined {
    const one = this.#draw(ask, undefined);
    if (one === undefined || this.#roster.entries.length === 1) return one;
    const other = this.#draw(ask, one);
    if (other === undefined) return one;
    return other.active * strengthOf(one, ask) < one.active * strengthOf(other, ask) ? other : one;
  }

  #draw(ask: Ask, except: InstanceEntry | undefined): InstanceEntry | undefined {
    const { entries, heaviest, isEven } = this.#roster;
    const isPlain = isEven && ask.slowStartMs === undefined;
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const entry = entries[Math.floor(ask.random() * entries.length)];
      if (entry === undefined || entry === except || !mayServe(entry, ask)) continue;
      if (isPlain || ask.random() * heaviest < strengthOf(entry, ask)) return entry;
    }
    return this.#drawWeighed(ask, except);
  }

  /** The same distribution as the blind draws, exactly, at the cost of a look at all of them. */
  #drawWeighed(ask: Ask, except: InstanceEntry | undefined): InstanceEntry | undefined {
    let total = 0;
    let drawn: InstanceEntry | undefined;
    for (const entry of this.#roster.entries) {
      if (entry === except || !mayServe(entry, ask)) continue;
      const part = strengthOf(entry, ask);
      total += part;
      if (drawn === undefined || ask.random() * total < part) drawn = entry;
    }
    return drawn;
  }
}
