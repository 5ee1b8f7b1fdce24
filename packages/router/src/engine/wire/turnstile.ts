// Lets in a few a turn of the event loop: those who are in already are served between two who come. What many begin in the
// same moment would be one long turn otherwise, in which nobody else is heard.

/** A queue in front of something dear. */
export class Turnstile<T> {
  readonly #perTurn: number;
  readonly #letIn: (one: T) => void;
  readonly #waiting: T[] = [];
  #passed = 0;

  /** Calls `letIn`, which must not throw, for `perTurn` in a turn. */
  constructor(perTurn: number, letIn: (one: T) => void) {
    this.#perTurn = perTurn;
    this.#letIn = letIn;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets one in: at once, or behind those who wait. */
  add(one: T): void {
    if (this.#passed === this.#perTurn) return void this.#waiting.push(one);
    this.#pass(one);
  }

  #pass(one: T): void {
    if (this.#passed++ === 0) setImmediate(() => this.#turn());
    this.#letIn(one);
  }

  #turn(): void {
    this.#passed = 0;
    for (const one of this.#waiting.splice(0, this.#perTurn)) this.#pass(one);
  }
}
