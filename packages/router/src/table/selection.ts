import type { Ask } from "./ask.ts";
import type { Balancer } from "./balance/balancer.ts";
import { BALANCER_KINDS, BALANCERS, type BalancerKind } from "./balance/create-balancer.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { LAST_CHOICE, type Rank, RANKS, rankOf } from "./rank.ts";

/** What a selection is made from. */
export interface SelectionSource {
  /** All instances of the app, by id. */
  readonly instances: ReadonlyMap<string, InstanceEntry>;
  /** The zone of this router; undefined: zones do not count. */
  readonly zone: string | undefined;
}

/**
 * The instances that a destination selects: all of an app, or those of one version. Turns are kept
 * here, so that all routes to an app share them. A balancer is made when it is asked first, from all
 * instances of the app; from then on a change costs each balancer one `add` or `remove`.
 */
export class Selection {
  /** undefined: every version. */
  readonly version: string | undefined;
  readonly #from: SelectionSource;
  /** Instances in it that get traffic, and how many of them are no suspects. */
  #size = 0;
  #readySize = 0;
  /** By rank and kind; the first is the common one, so the list is mostly of length 1. */
  readonly #balancers: (Balancer | undefined)[] = [];

  constructor(version: string | undefined, from: SelectionSource) {
    this.version = version;
    this.#from = from;
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  selects(entry: InstanceEntry): boolean {
    return this.version === undefined || entry.record.version === this.version;
  }

  join(entry: InstanceEntry): void {
    const rank = rankOf(entry.record, this.#from.zone);
    if (rank === undefined) return;
    this.#size++;
    if (rank !== LAST_CHOICE) this.#readySize++;
    for (const balancer of this.#balancersOf(rank)) balancer?.add(entry);
  }

  /** Call it before the entry's record changes. */
  leave(entry: InstanceEntry): void {
    const rank = rankOf(entry.record, this.#from.zone);
    if (rank === undefined) return;
    this.#size--;
    if (rank !== LAST_CHOICE) this.#readySize--;
    for (const balancer of this.#balancersOf(rank)) balancer?.remove(entry);
  }

  /**
   * Whether more than half of it would be out: then ejection does not count. One that fails alone
   * is to blame itself; when most fail, leaving them out would only crush the rest.
   */
  mustUseEjected(ejected: readonly InstanceEntry[]): boolean {
    // Suspects may be dead: they are no capacity, unless there is nothing else.
    const hasReady = this.#readySize > 0;
    let out = 0;
    for (const entry of ejected) {
      const rank = this.selects(entry) ? rankOf(entry.record, this.#from.zone) : undefined;
      if (rank !== undefined && (rank === LAST_CHOICE) !== hasReady) out++;
    }
    return out * 2 > (hasReady ? this.#readySize : this.#size);
  }

  /** The best-ranked instance that may serve, as the balancer wants it. */
  pick(ask: Ask, kind: BalancerKind): InstanceEntry | undefined {
    if (this.#size === 0) return undefined;
    for (const rank of RANKS) {
      const entry = this.#balancer(rank, kind).pick(ask);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  #balancer(rank: Rank, kind: BalancerKind): Balancer {
    const place = rank * BALANCER_KINDS.length + BALANCER_KINDS.indexOf(kind);
    const known = this.#balancers[place];
    if (known !== undefined) return known;
    const balancer = new BALANCERS[kind]();
    for (const entry of this.#from.instances.values()) {
      if (this.selects(entry) && rankOf(entry.record, this.#from.zone) === rank) balancer.add(entry);
    }
    while (this.#balancers.length < place) this.#balancers.push(undefined);
    this.#balancers[place] = balancer;
    return balancer;
  }

  #balancersOf(rank: Rank): (Balancer | undefined)[] {
    return this.#balancers.slice(rank * BALANCER_KINDS.length, (rank + 1) * BALANCER_KINDS.length);
  }
}
