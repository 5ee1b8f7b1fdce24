import { type Ask, mayServe } from "../ask.ts";
import type { InstanceEntry } from "../instance-entry.ts";
import { strengthOf } from "../slow-start.ts";
import type { Balancer } from "./balancer.ts";
import { Roster } from "./roster.ts";

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Instances in turn. The turn goes round the roster; who joins stands at its end, who leaves moves
 * nobody's turn, who may not serve misses the turn. With unequal weights each visit brings an instance
 * a credit of its weight over the greatest weight, and a whole credit is a pick: shares are exact.
 */
export class RoundRobin implements Balancer {
  readonly #roster = new Roster();
  #next = 0;
  /** Credits by place, from 0 to below 1; filled up when they are needed first. */
  #credits: number[] | undefined;

  add(entry: InstanceEntry): void {
    this.#roster.add(entry);
  }

  remove(entry: InstanceEntry): void {
    const at = this.#roster.remove(entry);
    if (at === -1) return;
    if (at < this.#next) this.#next--;
    if (this.#credits !== undefined && at < this.#credits.length) this.#credits.splice(at, 1);
  }

  pick(ask: Ask): InstanceEntry | undefined {
    const roster = this.#roster;
    return roster.isEven && !roster.mayHaveYoung(ask.now, ask.slowStartMs)
      ? this.#pickInTurn(ask)
      : this.#pickByCredit(ask);
  }

  #pickInTurn(ask: Ask): InstanceEntry | undefined {
    const { entries } = this.#roster;
    for (let step = 0, at = this.#next; step < entries.length; step++, at++) {
      if (at >= entries.length) at = 0;
      const entry = entries[at];
      if (entry === undefined || !mayServe(entry, ask)) continue;
      if (!ask.isRehearsal) this.#next = at + 1;
      return entry;
    }
    return undefined;
  }

  #pickByCredit(ask: Ask): InstanceEntry | undefined {
    const { entries } = this.#roster;
    const credits = this.#creditsFor(ask);
    for (let step = 0, at = this.#next; step < entries.length; step++, at++) {
      if (at >= entries.length) at = 0;
      const entry = entries[at];
      if (entry === undefined) continue;
      const credit = (credits[at] ?? 0) + this.#share(entry, ask);
      credits[at] = credit >= 1 ? credit - 1 : credit;
      if (credit < 1 || !mayServe(entry, ask)) continue;
      if (!ask.isRehearsal) this.#next = at + 1;
      return entry;
    }
    return this.#pickNearest(ask, credits);
  }

  /**
   * Nobody came to a whole credit in one round, because those with the greatest weights may not serve:
   * lets pass as many rounds at once as the nearest one needs. Without it a weight of 1 beside an
   * ejected one of 1,000,000 would take a million rounds.
   */
  #pickNearest(ask: Ask, credits: number[]): InstanceEntry | undefined {
    const { entries } = this.#roster;
    let nearest = -1;
    let rounds = Number.POSITIVE_INFINITY;
    for (let step = 0, at = this.#next; step < entries.length; step++, at++) {
      if (at >= entries.length) at = 0;
      const entry = entries[at];
      if (entry === undefined || !mayServe(entry, ask)) continue;
      const needed = (1 - (credits[at] ?? 0)) / this.#share(entry, ask);
      if (needed >= rounds) continue;
      nearest = at;
      rounds = needed;
    }
    if (nearest === -1) return undefined;
    for (const [at, entry] of entries.entries()) {
      if (mayServe(entry, ask)) credits[at] = (credits[at] ?? 0) + rounds * this.#share(entry, ask);
    }
    credits[nearest] = 0;
    if (!ask.isRehearsal) this.#next = nearest + 1;
    return entries[nearest];
  }

  #share(entry: InstanceEntry, ask: Ask): number {
    return strengthOf(entry, ask) / this.#roster.heaviest;
  }

  #creditsFor(ask: Ask): number[] {
    const credits = (this.#credits ??= []);
    // Equal weights get their picks spread over the rounds, not all in the same one.
    while (credits.length < this.#roster.entries.length) credits.push((credits.length * GOLDEN) % 1);
    return ask.isRehearsal ? [...credits] : credits;
  }
}
