import type { Logger } from "pino";

import { VERSION } from "../version.ts";
import type { AcceptedRecord } from "./accepted-record.ts";
import { type StateHeader, writeState } from "./state-file.ts";
import type { RecordSet } from "./record-set.ts";

const SHORTEST_PAUSE_MS = 2_000;
/** A large table takes a while to write: at most a tenth of the time goes into it. */
const PAUSES_A_SAVE = 10;

export interface StateSaverSettings {
  readonly directory: string;
  readonly prefix: string;
  readonly records: RecordSet;
  /** Epoch milliseconds of the last proof that the records are what etcd has: the age of the state; and of which etcd. */
  readonly origin: () => Pick<StateHeader, "provedAt" | "clusterId">;
  readonly logger: Logger;
  /** Default 2,000; the first save waits for it too. */
  readonly pauseMs?: number;
}

/** Keeps the state on disk up to date: soon after a change, and not more often than every 2 s. */
export class StateSaver {
  readonly #settings: StateSaverSettings;
  #timer: NodeJS.Timeout | undefined;
  #isDirty = false;
  #isClosed = false;
  #saving: Promise<void> | undefined;
  #savedAt: number | undefined;
  #failure: string | undefined;

  constructor(settings: StateSaverSettings) {
    this.#settings = settings;
  }

  /** Epoch milliseconds of the last save. */
  get savedAt(): number | undefined {
    return this.#savedAt;
  }

  /** Why the last save failed; undefined when it did not. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The record set has changed. */
  changed(): void {
    this.#isDirty = true;
    this.#schedule(this.#settings.pauseMs ?? SHORTEST_PAUSE_MS);
  }

  /** Saves what is not saved yet. */
  async close(): Promise<void> {
    this.destroy();
    await this.#saving;
    if (this.#isDirty) await this.#save();
  }

  destroy(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #schedule(pauseMs: number): void {
    if (this.#isClosed || this.#timer !== undefined || this.#saving !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#saving = this.#saveInTime(pauseMs);
    }, pauseMs).unref();
  }

  async #saveInTime(pauseMs: number): Promise<void> {
    const startedAt = performance.now();
    await this.#save();
    this.#saving = undefined;
    const tookMs = performance.now() - startedAt;
    if (this.#isDirty) this.#schedule(Math.max(pauseMs, PAUSES_A_SAVE * tookMs));
  }

  async #save(): Promise<void> {
    this.#isDirty = false;
    const { directory, prefix, records, origin, logger } = this.#settings;
    const header = { revision: records.revision, prefix, version: VERSION, ...origin() };
    try {
      await writeState(directory, header, [...records.records()].filter(mayBeOnDisk));
      this.#savedAt = Date.now();
      this.#failure = undefined;
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (this.#failure !== failure) logger.error({ error: failure, directory }, "state-not-saved");
      this.#failure = failure;
    }
  }
}

/** A private key that is not sealed never goes to disk: a router that starts without etcd lacks that certificate. */
function mayBeOnDisk(record: AcceptedRecord): boolean {
  return record.kind !== "certificate" || typeof record.certificate.record.key !== "string";
}
