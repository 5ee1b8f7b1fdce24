// One stream of all routers: found, followed, and found again when one is lost.

import { BackOff, sleep } from "@wayleave/store";

import type { AdminListener, AdminQuestion } from "../admin/admin-listener.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { readStream } from "./read-stream.ts";

const LOOK_AGAIN_MS = 10_000;

/** What is followed, and who is told. */
export interface StreamWish {
  /** Finds the routers that there are now; rejects when there is none. */
  readonly find: () => Promise<readonly AdminListener[]>;
  readonly question: AdminQuestion;
  /** Gets the JSON of each message, and the URL of the router that sent it. */
  readonly onMessage: (message: unknown, router: string) => void;
  /** The stream of a router ended. */
  readonly onLost?: (router: string) => void;
  /** Says that a router was lost, or is back. */
  readonly warn: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Follows a stream of every router until the signal says no; those that are lost are asked again with back-off, and new
 * ones are looked for. Rejects with a CommandError when one does not answer at the start, and when one refuses the question.
 */
export async function followRouters(wish: StreamWish): Promise<void> {
  await new RouterStreams(wish).run();
}

class RouterStreams {
  readonly #wish: StreamWish;
  readonly #life = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running = new Map<string, Promise<void>>();
  readonly #wasLost = new Set<string>();
  readonly #backOff = new BackOff({ firstMs: 250, mostMs: 5_000 });
  #loss = new AbortController();
  #wasEverOpen = false;
  #refusal: unknown;

  constructor(wish: StreamWish) {
    this.#wish = wish;
    this.#signal = AbortSignal.any([wish.signal, this.#life.signal]);
  }

  async run(): Promise<void> {
    const { find, signal } = this.#wish;
    try {
      for (const admin of await find()) this.#start(admin);
      while (!signal.aborted) {
        await this.#pause();
        if (this.#refusal !== undefined) throw this.#refusal;
        // While etcd is away too, those that were found before are still followed.
        for (const admin of await find().catch(() => [])) this.#start(admin);
      }
    } finally {
      this.#life.abort();
      await Promise.all(this.#running.values());
    }
  }

  #start(admin: AdminListener): void {
    if (!this.#running.has(admin.url) && !this.#signal.aborted)
      this.#running.set(admin.url, this.#follow(admin));
  }

  /** Never rejects. */
  async #follow(admin: AdminListener): Promise<void> {
    const { url } = admin;
    const { question, onMessage, onLost } = this.#wish;
    try {
      const onOpen = (): void => this.#isThere(url);
      for await (const message of readStream(admin, { question, signal: this.#signal, onOpen }))
        onMessage(message, url);
    } catch (error) {
      if (!this.#signal.aborted) this.#judge(url, error);
    }
    this.#running.delete(url);
    onLost?.(url);
    this.#loss.abort();
  }

  #isThere(url: string): void {
    this.#wasEverOpen = true;
    this.#backOff.reset();
    if (this.#wasLost.delete(url)) this.#wish.warn(`the router at ${url} is back`);
  }

  #judge(url: string, error: unknown): void {
    const isUnreachable = error instanceof CommandError && error.exitCode === EXIT.unreachable;
    // What was never there is rather a wrong address than a router that restarts.
    if (!isUnreachable || !this.#wasEverOpen) this.#refusal = error;
    else if (!this.#wasLost.has(url)) this.#wish.warn(`${error.message}; trying again`);
    this.#wasLost.add(url);
  }

  /** Until a router is lost, and a while for it to come back, or until it is time to look for new ones. */
  async #pause(): Promise<void> {
    await sleep(LOOK_AGAIN_MS, AbortSignal.any([this.#signal, this.#loss.signal]));
    if (!this.#loss.signal.aborted) return;
    this.#loss = new AbortController();
    await sleep(this.#backOff.next(), this.#signal);
  }
}
