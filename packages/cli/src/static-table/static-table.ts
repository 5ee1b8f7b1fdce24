// The static table: a file in etcd's place. It is read whole, and is in force whole or not at all.

import { resolve } from "node:path";

import type { Keys } from "@wayleave/records";
import type { FollowedSource } from "@wayleave/router";
import type { Follower, Following, SnapshotReason } from "@wayleave/store";

import { CommandError } from "../exit-codes.ts";
import { formatProblem } from "../table-file/load-table-file.ts";
import { type FileRecord, readTableFile } from "../table-file/read-table-file.ts";
import { readSource } from "../yaml-source.ts";
import { FileWatch, type WatchTimes } from "./file-watch.ts";
import { TableRevisions } from "./table-revisions.ts";

/**
 * Opens a table file as the source of a router's records. Throws a CommandError (invalid) with a line for each
 * mistake when it is bad: there is no last good one yet. From then on, what a bad one says is refused whole, and told
 * as `FILE:LINE:COLUMN: reason` in a status.
 */
export async function openStaticTable(
  path: string,
  keys: Keys,
  times: WatchTimes = {},
): Promise<FollowedSource> {
  const file = resolve(path);
  const text = await readSource(file);
  const first = recordsOf(text, file, keys);
  return {
    endpoints: [],
    follow: (_, follower) => new FileFollowing({ file, keys, follower, times, text, first }),
  };
}

interface Followed {
  readonly file: string;
  readonly keys: Keys;
  readonly follower: Follower;
  readonly times: WatchTimes;
  /** What was read already, and what it says. */
  readonly text: string;
  readonly first: readonly FileRecord[];
}

class FileFollowing implements Following {
  readonly #followed: Followed;
  readonly #table = new TableRevisions();
  readonly #watch: FileWatch;
  #text: string;
  #checking: Promise<void>;
  #isGood = true;
  #lastProofAt = Date.now();
  #isClosed = false;

  constructor(followed: Followed) {
    this.#followed = followed;
    this.#text = followed.text;
    this.#table.take(followed.first);
    this.#checking = Promise.resolve().then(() => this.#begin());
    this.#watch = new FileWatch(followed.file, () => void this.#check(), followed.times);
  }

  get revision(): number {
    return this.#table.revision;
  }

  /** While the file is as the table is, that was proved now: its watch sees every change. */
  get lastProofAt(): number {
    return this.#isGood ? Date.now() : this.#lastProofAt;
  }

  async relist(reason: SnapshotReason): Promise<void> {
    await this.#check();
    if (!this.#isClosed) this.#hand(reason);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.close();
    await this.#checking;
  }

  #begin(): void {
    try {
      this.#good("start");
    } catch (error) {
      this.#bad(messageOf(error));
    }
  }

  /** Reads the file, one reading after the other. */
  #check(): Promise<void> {
    this.#checking = this.#checking.then(() => this.#read());
    return this.#checking;
  }

  async #read(): Promise<void> {
    if (this.#isClosed) return;
    const { file, keys } = this.#followed;
    try {
      const text = await readSource(file);
      if (this.#isClosed || (text === this.#text && this.#isGood)) return;
      const records = recordsOf(text, file, keys);
      if (text !== this.#text) this.#table.take(records);
      this.#text = text;
      this.#good("asked");
    } catch (error) {
      this.#bad(messageOf(error));
    }
  }

  #good(reason: SnapshotReason): void {
    this.#isGood = true;
    this.#followed.follower.status?.({ state: "live", endpoint: this.#followed.file });
    this.#hand(reason);
  }

  #bad(error: string): void {
    if (this.#isGood) this.#lastProofAt = Date.now();
    this.#isGood = false;
    const { file, follower } = this.#followed;
    follower.status?.({ state: "reconnecting", endpoint: file, reason: "file-refused", error });
  }

  #hand(reason: SnapshotReason): void {
    const { revision, records } = this.#table;
    this.#followed.follower.snapshot({ revision, records, reason, clusterId: "" });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function recordsOf(text: string, file: string, keys: Keys): readonly FileRecord[] {
  const { records, problems } = readTableFile(text, file, keys);
  if (problems.length > 0) throw new CommandError("invalid", problems.map(formatProblem).join("\n"));
  return records;
}
