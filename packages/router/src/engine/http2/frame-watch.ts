// Frames that belong to no request are node:http2's alone: it answers them, or throws them away, and tells nobody. What a client
// makes it read in vain is seen by its bytes: those that came, less those of requests.

import { LinkedList, type Listed } from "../wire/linked-list.ts";

/** A connection that is looked at. */
export interface Watched {
  /** Called again and again. */
  look(): void;
}

/** Who floods is ended, and comes again on a new connection: each of those is looked at after every longer turn. */
const LOOK_AT_NEW_MS = 2;
const NEW_MS = 100;
const LOOK_MS = 50;

/** One that is looked at. */
export class Watch implements Listed<Watch> {
  before: Watch | undefined;
  behind: Watch | undefined;
  readonly watched: Watched;
  /** It is new until then. */
  readonly untilMs: number;

  constructor(watched: Watched, untilMs: number) {
    this.watched = watched;
    this.untilMs = untilMs;
  }
}

/** Looks at the connections of an engine, while there are any. */
export class FrameWatch {
  /** The newest is the last one. */
  readonly #all = new LinkedList<Watch>();
  #timer: NodeJS.Timeout | undefined;
  #newTimer: NodeJS.Timeout | undefined;

  /** Looks at one until it is taken out. */
  add(one: Watched): Watch {
    const watch = new Watch(one, performance.now() + NEW_MS);
    this.#all.add(watch);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    this.#newTimer ??= setInterval(() => this.#lookAtNew(performance.now()), LOOK_AT_NEW_MS).unref();
    return watch;
  }

  delete(watch: Watch): void {
    this.#all.delete(watch);
    if (this.#all.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const { watched } of this.#all) watched.look();
  }

  #lookAtNew(nowMs: number): void {
    let newest = this.#all.last;
    if (newest === undefined || newest.untilMs <= nowMs) {
      clearInterval(this.#newTimer);
      this.#newTimer = undefined;
    }
    while (newest !== undefined && newest.untilMs > nowMs) {
      const { before, watched } = newest;
      watched.look();
      newest = before;
    }
  }
}
