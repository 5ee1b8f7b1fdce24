import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

const SETTLE_MS = 100;
const SETTLE_WITHIN_MS = 1_000;
const POLL_MS = 2_000;

/** How often to look; milliseconds. */
export interface WatchTimes {
  /** What is written in several steps is read when nothing has moved for so long, 1 s at most. Default 100. */
  readonly settleMs?: number;
  /** Default 2,000. */
  readonly pollMs?: number;
}

/**
 * Watches one file by its directory, so that a file moved into its place is seen, and a link whose target is moved, as
 * Kubernetes does it. Where the system tells nothing (a network's file system), its times are looked at.
 */
export class FileWatch {
  readonly #file: string;
  readonly #onChange: () => void;
  readonly #settleMs: number;
  readonly #poller: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #movedAt: number | undefined;
  #seen: string | undefined;

  /** `onChange` may be called when nothing has changed; it is called after every change. */
  constructor(
    file: string,
    onChange: () => void,
    { settleMs = SETTLE_MS, pollMs = POLL_MS }: WatchTimes = {},
  ) {
    this.#file = file;
    this.#onChange = onChange;
    this.#settleMs = settleMs;
    this.#poller = setInterval(() => void this.#poll(), pollMs).unref();
    void this.#poll();
    this.#watch();
  }

  close(): void {
    clearInterval(this.#poller);
    clearTimeout(this.#settling);
    this.#watcher?.close();
  }

  #watch(): void {
    try {
      this.#watcher = watch(dirname(this.#file), { persistent: false }, (_, name) => this.#told(name));
      this.#watcher.on("error", () => this.#unwatch());
    } catch {
      this.#unwatch(); // there is no such directory, or no watch is left: polling it is
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #told(name: string | null): void {
    // What lies beside the file is none of ours, but for the `..data` of Kubernetes, which the file may be a link into.
    if (name === null || name === basename(this.#file) || name.startsWith("..")) this.#moved();
  }

  async #poll(): Promise<void> {
    const state = await stateOf(this.#file);
    if (this.#watcher === undefined) this.#watch();
    // The first time too: it may have changed since it was read.
    if (state !== this.#seen) this.#moved();
    this.#seen = state;
  }

  /** Something is being done to the file: looks again when it is over. */
  #moved(): void {
    const now = performance.now();
    this.#movedAt ??= now;
    clearTimeout(this.#settling);
    const waitMs = Math.max(0, Math.min(this.#settleMs, this.#movedAt + SETTLE_WITHIN_MS - now));
    this.#settling = setTimeout(() => {
      this.#movedAt = undefined;
      this.#onChange();
    }, waitMs).unref();
  }
}

async function stateOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs].join(" ");
  } catch (error) {
    return String(error);
  }
}
