import { type Ask, mayServe } from "../ask.ts";
import { type InstanceEntry, type Seat, weightOf } from "../instance-entry.ts";
import { paceOf } from "../slow-start.ts";
import type { Balancer } from "./balancer.ts";

/** An instance's place in the heap. */
class HeapSeat implements Seat {
  readonly entry: InstanceEntry;
  readonly weight: number;
  readonly heap: LeastConnections;
  at = 0;
  /** Its turn among equally loaded ones: the lowest is next. A pick adds 1 / weight to the clock. */
  turn = 0;
  /** Who came or was picked earlier is before one with the same turn. */
  order: number;

  constructor(entry: InstanceEntry, heap: LeastConnections, order: number) {
    this.entry = entry;
    this.weight = weightOf(entry);
    this.heap = heap;
    this.order = order;
  }

  moved(): void {
    this.heap.settle(this);
  }

  isBefore(other: HeapSeat): boolean {
    const difference = this.entry.active * other.weight - other.entry.active * this.weight;
    return difference < 0 || (difference === 0 && this.isDueBefore(other));
  }

  isDueBefore(other: HeapSeat): boolean {
    return this.turn < other.turn || (this.turn === other.turn && this.order < other.order);
  }

  /** Its load if it got one exchange more, for comparing a young instance with a grown one. */
  nextLoad(pace: number): number {
    return (this.entry.active + 1) / (this.weight * pace);
  }
}

/**
 * The instance with the fewest running exchanges for its weight; equally loaded ones in turn, by
 * weight. A heap: each pick, begin and end of an exchange costs O(log n). Who may not serve is passed
 * over with all its like, so a pick that finds nobody has looked at all of them.
 */
export class LeastConnections implements Balancer {
  readonly #heap: HeapSeat[] = [];
  /** The turn of the last pick. */
  #clock = 0;
  #orders = 0;
  #best: HeapSeat | undefined;
  #bestYoung: HeapSeat | undefined;

  add(entry: InstanceEntry): void {
    const seat = new HeapSeat(entry, this, ++this.#orders);
    (entry.seats ??= []).push(seat);
    this.#heap.push(seat);
    this.#rise(seat, this.#heap.length - 1);
  }

  remove(entry: InstanceEntry): void {
    const seat = entry.seats?.find((one) => one instanceof HeapSeat && one.heap === this);
    if (!(seat instanceof HeapSeat)) return;
    entry.seats = entry.seats?.filter((one) => one !== seat);
    const last = this.#heap.pop();
    if (last === undefined || last === seat) return;
    this.#put(last, seat.at);
    this.settle(last);
  }

  pick(ask: Ask): InstanceEntry | undefined {
    this.#best = undefined;
    this.#bestYoung = undefined;
    this.#search(0, ask);
    const seat = this.#preferred(ask);
    if (seat !== undefined && !ask.isRehearsal) this.#took(seat);
    return seat?.entry;
  }

  /** Moves a seat to where it belongs, after its instance's load has changed. */
  settle(seat: HeapSeat): void {
    this.#rise(seat, seat.at);
    this.#sink(seat, seat.at);
  }

  /** Looks for the best below `at`. The top is best, mostly: then nothing else is looked at. */
  #search(at: number, ask: Ask): void {
    const seat = this.#heap[at];
    if (seat === undefined || (this.#best !== undefined && !seat.isBefore(this.#best))) return;
    const serves = mayServe(seat.entry, ask);
    const pace = paceOf(seat.entry, ask);
    if (serves && pace === 1) {
      this.#best = seat;
      return;
    }
    if (serves && (this.#bestYoung === undefined || this.#isLighter(seat, this.#bestYoung, ask))) {
      this.#bestYoung = seat;
    }
    this.#search(2 * at + 1, ask);
    this.#search(2 * at + 2, ask);
  }

  /** A young instance is next only where it would be anyway, and is even when its load counts for more. */
  #preferred(ask: Ask): HeapSeat | undefined {
    const best = this.#best;
    const young = this.#bestYoung;
    if (best === undefined || young === undefined) return best ?? young;
    return young.isBefore(best) && this.#isLighter(young, best, ask) ? young : best;
  }

  #isLighter(one: HeapSeat, other: HeapSeat, ask: Ask): boolean {
    const difference = one.nextLoad(paceOf(one.entry, ask)) - other.nextLoad(paceOf(other.entry, ask));
    return difference < 0 || (difference === 0 && one.isDueBefore(other));
  }

  #took(seat: HeapSeat): void {
    this.#clock = Math.max(this.#clock, seat.turn);
    // From the clock on: a newcomer, or who was passed over for long, is next once and has saved up nothing.
    seat.turn = this.#clock + 1 / seat.weight;
    seat.order = ++this.#orders;
    this.#sink(seat, seat.at);
  }

  #rise(seat: HeapSeat, from: number): void {
    let at = from;
    while (at > 0) {
      const parent = this.#heap[(at - 1) >> 1];
      if (parent === undefined || !seat.isBefore(parent)) break;
      this.#put(parent, at);
      at = (at - 1) >> 1;
    }
    this.#put(seat, at);
  }

  #sink(seat: HeapSeat, from: number): void {
    let at = from;
    for (;;) {
      const left = this.#heap[2 * at + 1];
      const right = this.#heap[2 * at + 2];
      const child = right !== undefined && left !== undefined && right.isBefore(left) ? right : left;
      if (child === undefined || !child.isBefore(seat)) break;
      const next = child === right ? 2 * at + 2 : 2 * at + 1;
      this.#put(child, at);
      at = next;
    }
    this.#put(seat, at);
  }

  #put(seat: HeapSeat, at: number): void {
    this.#heap[at] = seat;
    seat.at = at;
  }
}
