// Frames that belong to no request are node:http2's alone: it answers them, or throws them away, and tells nobody. What a client
// makes it read in vain is seen by its bytes: those that came, less those of requests.

/** A connection that is looked at. */
export interface Watched {
  /** Called every {@link LOOK_MS}. */
  look(): void;
}

const LOOK_MS = 50;

/** Looks at the connections of an engine, while there are any. */
export class FrameWatch {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  add(one: Watched): void {
    this.#watched.add(one);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  delete(one: Watched): void {
    this.#watched.delete(one);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const one of this.#watched) one.look();
  }
}
