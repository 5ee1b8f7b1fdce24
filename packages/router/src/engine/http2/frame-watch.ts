// Frames that belong to no request are node:http2's alone: it answers them, or throws them away, and tells nobody. What a client
// makes it read in vain is seen by its bytes: those that came, less those of requests.

/** A connection that is looked at. */
export interface Watched {
  /** Called again and again. */
  look(): void;
}

/** Who floods is ended, and comes again on a new connection: each of those is looked at after every longer turn. */
const LOOK_AT_NEW_MS = 2;
const NEW_MS = 100;
const LOOK_MS = 50;

/** Looks at the connections of an engine, while there are any. */
export class FrameWatch {
  readonly #watched = new Set<Watched>();
  /** Until when they are new. */
  readonly #new = new Map<Watched, number>();
  #timer: NodeJS.Timeout | undefined;
  #newTimer: NodeJS.Timeout | undefined;

  add(one: Watched): void {
    this.#watched.add(one);
    this.#new.set(one, performance.now() + NEW_MS);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    this.#newTimer ??= setInterval(() => this.#lookAtNew(performance.now()), LOOK_AT_NEW_MS).unref();
  }

  delete(one: Watched): void {
    this.#watched.delete(one);
    this.#new.delete(one);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const one of this.#watched) one.look();
  }

  #lookAtNew(nowMs: number): void {
    for (const [one, untilMs] of this.#new) {
      one.look();
      if (nowMs >= untilMs) this.#new.delete(one);
    }
    if (this.#new.size > 0) return;
    clearInterval(this.#newTimer);
    this.#newTimer = undefined;
  }
}
