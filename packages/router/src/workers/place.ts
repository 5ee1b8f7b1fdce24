// One place among a replica's workers: somebody serves it, or is on the way.

import type { Logger } from "pino";

const FIRST_DELAY_MS = 100;
const MOST_DELAY_MS = 5_000;
/** A worker that lived so long was not ended by what ends it at once. */
const STABLE_MS = 10_000;

/** A worker, as far as its place has to know it. */
export interface Served {
  readonly gone: Promise<unknown>;
  /** Take no new connections, and end when the last one is over, or when the time is. */
  retire(limitMs: number): void;
}

export interface PlaceSettings<W extends Served> {
  readonly index: number;
  /** Starts a worker for the place; rejects when it does not come to serve. */
  readonly start: () => Promise<W>;
  readonly logger: Logger;
}

/** Keeps a place filled from {@link Place.fill} until {@link Place.close}. */
export class Place<W extends Served = Served> {
  readonly #settings: PlaceSettings<W>;
  #worker: W | undefined;
  /** At most one successor is under way. */
  #filling: Promise<void> = Promise.resolve();
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(settings: PlaceSettings<W>) {
    this.#settings = settings;
  }

  /** Starts the first worker; rejects when it does not come to serve. */
  async fill(): Promise<void> {
    this.#take(await this.#settings.start());
  }

  /** Puts a new worker in, and lets the one before go. Rejects when there is none; then all stays. */
  replace(limitMs: number): Promise<{ readonly before: W | undefined; readonly after: W }> {
    return this.#inTurn(async () => {
      const before = this.#worker;
      const after = await this.#settings.start();
      this.#take(after);
      before?.retire(limitMs);
      return { before, after };
    });
  }

  /** Starts nobody any more; who serves is not touched. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #take(worker: W): void {
    clearTimeout(this.#timer);
    this.#worker = worker;
    void this.#watch(worker);
  }

  async #watch(worker: W): Promise<void> {
    const since = performance.now();
    await worker.gone;
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    if (performance.now() - since > STABLE_MS) this.#failures = 0;
    this.#fillSoon();
  }

  /** At once after the first loss; later and later when one follows the other. */
  #fillSoon(): void {
    if (this.#isClosed) return;
    const delayMs = this.#delayMs();
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.#refill(), delayMs);
  }

  async #refill(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        if (this.#worker === undefined && !this.#isClosed) this.#take(await this.#settings.start());
      });
    } catch {
      this.#fillSoon();
    }
  }

  #delayMs(): number {
    if (this.#failures === 0) return 0;
    const delayMs = Math.min(MOST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    const jittered = delayMs * (0.5 + Math.random() / 2);
    this.#settings.logger.warn({ worker: this.#settings.index, delayMs: jittered }, "worker-start-delayed");
    return jittered;
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#filling.then(step);
    this.#filling = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }
}
