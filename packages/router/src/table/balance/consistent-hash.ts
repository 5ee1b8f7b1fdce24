import { type Ask, mayServe } from "../ask.ts";
import type { InstanceEntry } from "../instance-entry.ts";
import { strengthOf } from "../slow-start.ts";
import type { Balancer } from "./balancer.ts";
import { Roster } from "./roster.ts";

/** No instance gets more than this many times its fair part of the exchanges that run. */
const LOAD_BOUND = 1.25;

/** What an instance may run whatever the bound says: a browser's parallel requests stay together. */
const ALWAYS_FREE = 8;

/**
 * One key, one instance, by rendezvous hashing with bounded load: every instance draws a number from
 * the key, the greatest wins (Thaler and Ravishankar 1998). When one leaves, only its own keys move,
 * each to its next one; a key whose instance is too busy goes to its next one too (Mirrokni et al.
 * 2018). Every replica decides alike. O(n) a pick, with nothing to rebuild on a change.
 */
export class ConsistentHash implements Balancer {
  readonly #roster = new Roster();
  /** By place: the hash of the instance's id. */
  readonly #seeds: number[] = [];

  add(entry: InstanceEntry): void {
    this.#roster.add(entry);
    this.#seeds.push(hashText(entry.id));
  }

  remove(entry: InstanceEntry): void {
    const at = this.#roster.remove(entry);
    if (at !== -1) this.#seeds.splice(at, 1);
  }

  pick(ask: Ask): InstanceEntry | undefined {
    const key = hashText(ask.hashKey ?? "");
    const winner = this.#winner(key, ask, Number.POSITIVE_INFINITY);
    if (winner === undefined || winner.active < ALWAYS_FREE) return winner;
    const bound = this.#bound(ask);
    return isBusy(winner, bound, ask) ? this.#winner(key, ask, bound) : winner;
  }

  /** The greatest draw among those that may serve and are below the bound. */
  #winner(key: number, ask: Ask, bound: number): InstanceEntry | undefined {
    const { entries, isEven } = this.#roster;
    const isPlain = isEven && !this.#roster.mayHaveYoung(ask.now, ask.slowStartMs);
    let best = Number.NEGATIVE_INFINITY;
    let winner: InstanceEntry | undefined;
    for (let at = 0; at < entries.length; at++) {
      const drawn = mix((this.#seeds[at] ?? 0) ^ key) >>> 0;
      // Most lose by their draw: these are not even looked at.
      if (isPlain && drawn <= best) continue;
      const entry = entries[at];
      if (entry === undefined) continue;
      const score = isPlain ? drawn : weighedDraw(drawn, entry, ask);
      if (score <= best || isBusy(entry, bound, ask) || !mayServe(entry, ask)) continue;
      best = score;
      winner = entry;
    }
    return winner;
  }

  /** How many exchanges a weight of 1 may run now. The least loaded one is always below its bound. */
  #bound(ask: Ask): number {
    let active = 0;
    let strengths = 0;
    for (const entry of this.#roster.entries) {
      if (!mayServe(entry, ask)) continue;
      active += entry.active;
      strengths += strengthOf(entry, ask);
    }
    return (LOAD_BOUND * (active + 1)) / strengths;
  }
}

function isBusy(entry: InstanceEntry, bound: number, ask: Ask): boolean {
  return entry.active >= ALWAYS_FREE && entry.active >= bound * strengthOf(entry, ask);
}

/** A draw under which each wins in proportion to its strength, and in the order of plain draws among equals. */
function weighedDraw(drawn: number, entry: InstanceEntry, ask: Ask): number {
  return -strengthOf(entry, ask) / Math.log((drawn + 0.5) / 2 ** 32);
}

/** FNV-1a over UTF-16 units, mixed so that close texts come out far apart. 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

/** MurmurHash3's 32-bit finalizer: every bit of the input changes half of the output's. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
