import { type Ask, mayServe } from "../ask.ts";
import type { InstanceEntry } from "../instance-entry.ts";
import { strengthOf } from "../slow-start.ts";
import type { Balancer } from "./balancer.ts";
import { Roster } from "./roster.ts";

/** No instance gets more than this many times its fair part of the exchanges that run. */
const LOAD_BOUND = 1.25;

/** What an instance may run whatever the bound says: a browser's parallel requests stay together. */
const ALWAYS_FREE = 8;

/** Among fewer instances it is as quick to draw again as to remember. */
const FEW = 200;

/** Of one balancer; more are forgotten, all at once. */
const MOST_HOMES = 10_000;

/** Who drew the greatest number for a key, and how many instances had ever been added by then. */
interface Home {
  readonly entry: InstanceEntry;
  readonly drawn: number;
  readonly adds: number;
}

/**
 * One key, one instance, by rendezvous hashing with bounded load: every instance draws a number from
 * the key, the greatest wins (Thaler and Ravishankar 1998). When one leaves, only its own keys move,
 * each to its next one; a key whose instance is too busy goes to its next one too (Mirrokni et al.
 * 2018). Every replica decides alike, and nothing is rebuilt on a change. A new key costs O(n); where a key is at home is
 * remembered, since only an instance that is added, or the end of that one, can change it.
 */
export class ConsistentHash implements Balancer {
  readonly #roster = new Roster();
  /** By place: the hash of the instance's id. */
  readonly #seeds: number[] = [];
  readonly #members = new Set<InstanceEntry>();
  #adds = 0;
  /** By the key's hash. */
  readonly #homes = new Map<number, Home>();

  add(entry: InstanceEntry): void {
    this.#roster.add(entry);
    this.#seeds.push(hashText(entry.id));
    this.#members.add(entry);
    this.#adds++;
  }

  remove(entry: InstanceEntry): void {
    const at = this.#roster.remove(entry);
    if (at !== -1) this.#seeds.splice(at, 1);
    this.#members.delete(entry);
  }

  pick(ask: Ask): InstanceEntry | undefined {
    const key = hashText(ask.hashKey ?? "");
    const home = this.#isPlain(ask) ? this.#home(key) : undefined;
    const winner =
      home !== undefined && mayServe(home, ask) ? home : this.#winner(key, ask, Number.POSITIVE_INFINITY);
    if (winner === undefined || winner.active < ALWAYS_FREE) return winner;
    const bound = this.#bound(ask);
    return isBusy(winner, bound, ask) ? this.#winner(key, ask, bound) : winner;
  }

  /** All draws count alike. */
  #isPlain(ask: Ask): boolean {
    return this.#roster.isEven && !this.#roster.mayHaveYoung(ask.now, ask.slowStartMs);
  }

  /** The greatest draw of all, whether it may serve or not; undefined among few. */
  #home(key: number): InstanceEntry | undefined {
    const { entries } = this.#roster;
    if (entries.length < FEW) return undefined;
    const known = this.#homes.get(key);
    const kept = known !== undefined && this.#members.has(known.entry) ? known : undefined;
    let drawn = kept?.drawn ?? -1;
    let entry = kept?.entry;
    // Those that came since are the last ones: the roster keeps its order.
    const since = kept === undefined ? entries.length : this.#adds - kept.adds;
    for (let at = Math.max(0, entries.length - since); at < entries.length; at++) {
      const draw = mix((this.#seeds[at] ?? 0) ^ key) >>> 0;
      if (draw <= drawn) continue;
      drawn = draw;
      entry = entries[at];
    }
    if (entry !== undefined && since > 0) this.#remember(key, { entry, drawn, adds: this.#adds });
    return entry;
  }

  #remember(key: number, home: Home): void {
    if (this.#homes.size >= MOST_HOMES) this.#homes.clear();
    this.#homes.set(key, home);
  }

  /** The greatest draw among those that may serve and are below the bound. */
  #winner(key: number, ask: Ask, bound: number): InstanceEntry | undefined {
    const { entries } = this.#roster;
    const isPlain = this.#isPlain(ask);
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
