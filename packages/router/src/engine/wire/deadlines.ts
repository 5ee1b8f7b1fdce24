// Coarse deadlines: one ticking wheel for all connections of an engine, and no timer object a request.

import { type Guarded, guard } from "./guard.ts";
import { LinkedList, type Listed } from "./linked-list.ts";

const TICK_MS = 100;
const SLOTS = 512;
// A router that was held up (a long turn, a suspended machine) has bytes waiting for it: its clients and
// instances must not be found late for it. So time stands still while the loop does.
const MAX_TICKS_AT_ONCE = 5;
const NEVER = 0x3fff_ffff; // three years of ticks; a small integer, which V8 keeps in place
const MAX_MS = 1e9;
const NO_SLOT = -1;
/** A crowd that came at once ends at once, and what each end sets going takes several times as long as the end: so long in one turn... */
const SLICE_MS = 0.1;
/** ...and so long is left to others before the next. */
const REST_MS = 2;

/** Whose deadline it is. */
export interface DeadlineOwner extends Guarded {
  /** The deadline passed; it is cleared by then. */
  onDeadline(): void;
}

/** The wheel. Starts ticking when it is made. */
export class Deadlines {
  readonly #slots: (LinkedList<Deadline> | undefined)[] = [];
  /** Those whose time has come, but not their turn. */
  readonly #over: LinkedList<Deadline>[] = [];
  #isResting = false;
  readonly #timer: NodeJS.Timeout;
  #seenAt = performance.now();
  /** Ticks since the start. */
  tick = 0;

  constructor() {
    this.#timer = setInterval(() => this.#advance(), TICK_MS).unref();
  }

  /** Milliseconds since the start, as the wheel counts them. */
  get nowMs(): number {
    return this.tick * TICK_MS;
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.#slots.length = 0;
    this.#over.length = 0;
  }

  /** For {@link Deadline}: puts it into the slot of its due tick, or into the farthest. */
  enter(deadline: Deadline): void {
    const tick = Math.min(deadline.dueTick, this.tick + SLOTS - 1);
    deadline.slotTick = tick;
    deadline.slot = this.#slots[tick % SLOTS] ??= new LinkedList();
    deadline.slot.add(deadline);
  }

  #advance(): void {
    const now = performance.now();
    const passed = Math.floor((now - this.#seenAt) / TICK_MS);
    this.#seenAt += passed * TICK_MS;
    for (let count = Math.min(passed, MAX_TICKS_AT_ONCE); count > 0; count--) {
      this.tick++;
      this.#empty(this.tick % SLOTS);
    }
  }

  #empty(slot: number): void {
    const deadlines = this.#slots[slot];
    this.#slots[slot] = undefined;
    if (deadlines !== undefined) this.#over.push(deadlines);
    if (!this.#isResting) this.#pass();
  }

  /** One of each slot in turn: a crowd in one does not hold up those of later ones. */
  #pass(): void {
    const until = performance.now() + SLICE_MS;
    for (let deadlines = this.#over.shift(); deadlines !== undefined; deadlines = this.#over.shift()) {
      const { first } = deadlines;
      if (first === undefined) continue;
      this.#over.push(deadlines);
      first.slotPassed();
      if (performance.now() >= until) return this.#rest();
    }
  }

  #rest(): void {
    this.#isResting = true;
    setTimeout(() => {
      this.#isResting = false;
      this.#pass();
    }, REST_MS);
  }
}

/**
 * One deadline of one owner. Setting it anew is nearly free: it moves in the wheel only when it becomes
 * earlier than the slot it stands in; when it became later, that is seen when the slot's time comes.
 */
export class Deadline implements Listed<Deadline> {
  readonly #wheel: Deadlines;
  readonly owner: DeadlineOwner;
  #endTick = NEVER;
  dueTick = NEVER;
  slotTick = NO_SLOT;
  /** Where it waits for that tick, or behind others of it. */
  slot: LinkedList<Deadline> | undefined;
  before: Deadline | undefined;
  behind: Deadline | undefined;

  constructor(wheel: Deadlines, owner: DeadlineOwner) {
    this.#wheel = wheel;
    this.owner = owner;
  }

  get isSet(): boolean {
    return this.dueTick !== NEVER;
  }

  /** From now on it is not set to later than in `ms` milliseconds; undefined: there is no such end any more. */
  limit(ms: number | undefined): void {
    this.#endTick = ms === undefined ? NEVER : this.#tickIn(ms);
  }

  /** The end that {@link Deadline.limit} has set is over. */
  get isPastLimit(): boolean {
    return this.#wheel.tick >= this.#endTick;
  }

  /** Passes in `ms` milliseconds, or up to two ticks later; in 11 days at most. */
  set(ms: number): void {
    // Late already: what is set comes however often something moves until then.
    if (this.isPastLimit && this.isSet) return;
    this.dueTick = this.isPastLimit ? this.#tickIn(0) : Math.min(this.#tickIn(ms), this.#endTick);
    if (this.slotTick !== NO_SLOT && this.slotTick <= this.dueTick) return;
    this.#leave();
    this.#wheel.enter(this);
  }

  clear(): void {
    this.dueTick = NEVER;
  }

  #tickIn(ms: number): number {
    return this.#wheel.tick + Math.floor(Math.min(ms, MAX_MS) / TICK_MS) + 2;
  }

  /** Clears it and leaves the wheel: for an owner that ends. */
  destroy(): void {
    this.dueTick = NEVER;
    this.#leave();
  }

  #leave(): void {
    this.slot?.delete(this);
    this.slot = undefined;
    this.slotTick = NO_SLOT;
  }

  /** For {@link Deadlines}: the time of its slot has come. */
  slotPassed(): void {
    this.#leave();
    if (this.dueTick === NEVER) return;
    if (this.dueTick > this.#wheel.tick) return this.#wheel.enter(this);
    this.dueTick = NEVER;
    guard(this.owner, () => this.owner.onDeadline());
  }
}
