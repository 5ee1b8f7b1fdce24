import { setTimeout as delay } from "node:timers/promises";

/** A back-off with full jitter: up to `firstMs`, then up to twice that, and so on, at most `mostMs`. */
export interface BackOffSettings {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * Waits the next pause of a back-off. Full jitter (any time from 0 to the bound) keeps a thousand
 * instances that lost the same etcd from coming back in one beat. Rejects with the signal's reason.
 */
export class BackOff {
  readonly #settings: BackOffSettings;
  #boundMs: number;

  constructor(settings: BackOffSettings) {
    this.#settings = settings;
    this.#boundMs = settings.firstMs;
  }

  async pause(signal: AbortSignal): Promise<void> {
    const pauseMs = Math.random() * this.#boundMs;
    this.#boundMs = Math.min(this.#boundMs * 2, this.#settings.mostMs);
    await pause(pauseMs, signal);
  }
}

/** Waits so many milliseconds; rejects with the signal's reason when it is aborted before. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    // Node rejects with an AbortError of its own, which says nothing of the reason.
    signal.throwIfAborted();
    throw error;
  }
}
