// Follows one event stream of the router for as long as the page lives: a broken, silent or refused link is tried again
// with a back-off, and each change of its state is told. Numbers must never freeze without a word.

import { EventStreamReader, type StreamEvent } from "./event-stream.ts";

/** How the page's link to the router is. Times are epoch milliseconds of this machine. */
export type Link =
  | { readonly state: "connecting"; readonly since: number }
  | { readonly state: "live"; readonly since: number }
  /** Nothing comes; it is tried again. */
  | { readonly state: "lost"; readonly since: number; readonly why: string; readonly retryAt: number }
  /** The router asks for a token. It is tried again once there is one. */
  | { readonly state: "locked"; readonly since: number; readonly why: string };

export interface Follower {
  event(event: StreamEvent): void;
  link(link: Link): void;
}

/** The router says something at least every five seconds: after three times that, the link is dead. */
const SILENCE_MS = 15_000;
const SHORTEST_MS = 250;
const LONGEST_MS = 5_000;

/** A followed stream. */
export class Following {
  readonly #path: string;
  readonly #follower: Follower;
  readonly #ended = new AbortController();
  #wake = Promise.withResolvers<void>();
  #lastId = "";
  #lostSince: number | undefined;

  constructor(path: string, follower: Follower) {
    this.#path = path;
    this.#follower = follower;
    void this.#run();
  }

  /** Tries again at once: there is a token now, or the machine woke up. */
  retry(): void {
    this.#wake.resolve();
  }

  close(): void {
    this.#ended.abort();
    this.#wake.resolve();
  }

  async #run(): Promise<void> {
    this.#follower.link({ state: "connecting", since: Date.now() });
    for (let failures = 0; !this.#ended.signal.aborted; failures += 1) {
      const ended = await this.#once();
      if (this.#ended.signal.aborted) return;
      if (ended.wasLive) failures = 0;
      await this.#pause(ended, failures);
    }
  }

  async #pause(ended: Ended, failures: number): Promise<void> {
    const now = Date.now();
    this.#lostSince ??= now;
    const most = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures);
    const ms = SHORTEST_MS / 2 + Math.random() * most;
    const told = { since: this.#lostSince, why: ended.why };
    this.#wake = Promise.withResolvers();
    if (ended.isLocked) {
      this.#follower.link({ state: "locked", ...told });
      await this.#wake.promise;
    } else {
      this.#follower.link({ state: "lost", ...told, retryAt: now + ms });
      const timer = setTimeout(this.#wake.resolve, ms);
      await this.#wake.promise;
      clearTimeout(timer);
    }
  }

  /** One connection, until it ends; never rejects. */
  async #once(): Promise<Ended> {
    const silence = new Silence(SILENCE_MS);
    let wasLive = false;
    try {
      const signal = AbortSignal.any([this.#ended.signal, silence.signal]);
      const headers = {
        accept: "text/event-stream",
        ...(this.#lastId !== "" && { "last-event-id": this.#lastId }),
      };
      const answer = await fetch(this.#path, { headers, signal, cache: "no-store" });
      if (!answer.ok || answer.body === null) return await refused(answer);
      wasLive = true;
      this.#lostSince = undefined;
      this.#follower.link({ state: "live", since: Date.now() });
      const reader = new EventStreamReader();
      for await (const piece of pieces(answer.body)) {
        silence.heard();
        for (const event of reader.take(piece)) this.#tell(event);
      }
      return { wasLive, isLocked: false, why: "the router ended the stream" };
    } catch (error) {
      return { wasLive, isLocked: false, why: silence.isOver ? SILENT : reasonOf(error) };
    } finally {
      silence.close();
    }
  }

  #tell(event: StreamEvent): void {
    this.#lastId = event.id;
    this.#follower.event(event);
  }
}

interface Ended {
  readonly wasLive: boolean;
  readonly isLocked: boolean;
  readonly why: string;
}

const SILENT = `nothing was heard for ${SILENCE_MS / 1_000} s`;

/** Aborts when nothing was heard for a while. */
class Silence {
  readonly #ms: number;
  readonly #over = new AbortController();
  #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number) {
    this.#ms = ms;
    this.#timer = setTimeout(() => this.#over.abort(), ms);
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  heard(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#over.abort(), this.#ms);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

async function refused(answer: Response): Promise<Ended> {
  const problem: { detail?: string } | undefined = await answer.json().catch(() => undefined);
  const why = problem?.detail ?? `the router answered ${answer.status}`;
  return { wasLive: false, isLocked: answer.status === 401, why };
}

function reasonOf(error: unknown): string {
  return error instanceof TypeError ? "the router does not answer" : String(error);
}
