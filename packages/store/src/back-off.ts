import { setTimeout as delay } from "node:timers/promises";

/** Pauses between attempts with full jitter: the first attempt at once, then a random part of a doubling limit. */
export class BackOff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #failures = 0;

  constructor({ firstMs = 100, mostMs = 5_000 }: { firstMs?: number; mostMs?: number } = {}) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** How long to wait before the next attempt, in milliseconds. The first answer after a reset is 0. */
  next(): number {
    const limitMs = Math.min(this.#mostMs, this.#firstMs * 2 ** (this.#failures - 1));
    return this.#failures++ === 0 ? 0 : Math.random() * limitMs;
  }

  reset(): void {
    this.#failures = 0;
  }
}

/** Resolves after a time, or at once when the signal is aborted. Never rejects. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return;
  await delay(ms, undefined, { signal }).catch(() => {}); // an abort is a short sleep, not a failure
}

/** A duration that differs by up to a fifth from the one given, so that many clients do not act as one. */
export function jittered(ms: number): number {
  return ms * (0.8 + 0.4 * Math.random());
}
