import { sleep } from "./back-off.ts";

/** The pause of a loop, which others may end early. An end that comes before the pause counts for the next one. */
export class Pause {
  #controller = new AbortController();

  /** Resolves after a time or when it is ended. Never rejects. */
  async wait(ms: number): Promise<void> {
    await sleep(ms, this.#controller.signal);
    if (this.#controller.signal.aborted) this.#controller = new AbortController();
  }

  end(): void {
    this.#controller.abort();
  }
}
