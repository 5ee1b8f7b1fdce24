// Lets in one every other turn of the event loop: those who are in already are served between two who come. What many begin in
// the same moment would be one long turn otherwise, in which nobody else is heard. With one in each turn what others wait for
// took longer (p99 1.2 times, 16 handshakes in the same moment): an exchange takes three turns, and each had its handshake.

/** A queue in front of something dear. */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #isShut = false;

  /** Calls `enter`, which must not throw: at once, or behind those who wait. */
  pass(enter: () => void): void {
    if (this.#isShut) this.#waiting.push(enter);
    else this.#letIn(enter);
  }

  #letIn(enter: () => void): void {
    this.#isShut = true;
    setImmediate(() => setImmediate(() => this.#open()));
    enter();
  }

  #open(): void {
    this.#isShut = false;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#letIn(next);
  }
}
