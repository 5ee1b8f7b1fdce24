// Lets in one every other turn of the event loop: those who are in already are served between two who come. What many begin in
// the same moment would be one long turn otherwise, in which nobody else is heard. With one in each turn what others wait for
// took longer (p99 1.2 times, 16 handshakes in the same moment): an exchange takes three turns, and each had its handshake.

import { performance } from "node:perf_hooks";

const EVERY_TURNS = 2;

/** A queue in front of something dear. */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #openFrom = 0;

  /** Calls `enter`, which must not throw: at once, or behind those who wait. */
  pass(enter: () => void): void {
    if (this.#waiting.length === 0 && this.#isOpen) this.#letIn(enter);
    else if (this.#waiting.push(enter) === 1) setImmediate(() => this.#onTurn());
  }

  get #isOpen(): boolean {
    return turnOfLoop() >= this.#openFrom;
  }

  #letIn(enter: () => void): void {
    this.#openFrom = turnOfLoop() + EVERY_TURNS;
    enter();
  }

  #onTurn(): void {
    if (this.#isOpen) {
      const next = this.#waiting.shift();
      if (next !== undefined) this.#letIn(next);
    }
    if (this.#waiting.length > 0) setImmediate(() => this.#onTurn());
  }
}

/** Turns since the process began. To ask is far cheaper than to be told by immediates, when nobody has to wait. */
function turnOfLoop(): number {
  return performance.nodeTiming.uvMetricsInfo.loopCount;
}
