// Lets in a few a turn of the event loop: those who are in already are served between two who come. What many begin in the
// same moment would be one long turn otherwise, in which nobody else is heard.

/** A queue in front of something dear. */
export class Turnstile {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  #passed = 0;

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Calls `enter`, which must not throw: at once, or behind those who wait. */
  pass(enter: () => void): void {
    if (this.#passed === this.#perTurn) this.#waiting.push(enter);
    else this.#letIn(enter);
  }

  #letIn(enter: () => void): void {
    if (this.#passed++ === 0) setImmediate(() => this.#turn());
    enter();
  }

  #turn(): void {
    this.#passed = 0;
    for (const enter of this.#waiting.splice(0, this.#perTurn)) this.#letIn(enter);
  }
}
