import type { Change, Follower, FollowStatus, Snapshot } from "../store.ts";

/** A follower that keeps all that it is handed, and the table that comes of it. */
export class RecordingFollower implements Follower {
  readonly snapshots: Snapshot[] = [];
  readonly changes: Change[] = [];
  readonly statuses: FollowStatus[] = [];
  /** Key to value, as the snapshots and changes make it. */
  readonly table = new Map<string, string>();
  /** What was out of order: a change that is not after the one before it, or before the first snapshot. */
  readonly disorder: string[] = [];
  /** Keys that an audit found to be otherwise. */
  readonly differences: string[] = [];
  #revision = 0;

  snapshot(snapshot: Snapshot): void {
    if (snapshot.reason === "audit") this.differences.push(...this.#compare(snapshot));
    this.snapshots.push(snapshot);
    this.table.clear();
    for (const { key, value } of snapshot.records) this.table.set(key, value);
    this.#revision = snapshot.revision;
  }

  change(change: Change): void {
    if (this.snapshots.length === 0) this.disorder.push(`${change.revision} came before any snapshot`);
    if (change.revision <= this.#revision)
      this.disorder.push(`${change.revision} came after ${this.#revision}`);
    this.#revision = change.revision;
    this.changes.push(change);
    for (const { key, value } of change.puts) this.table.set(key, value);
    for (const key of change.deletes) this.table.delete(key);
  }

  status(status: FollowStatus): void {
    this.statuses.push(status);
  }

  #compare({ records }: Snapshot): string[] {
    const listed = new Map(records.map(({ key, value }) => [key, value]));
    const keys = new Set([...listed.keys(), ...this.table.keys()]);
    return [...keys].filter((key) => listed.get(key) !== this.table.get(key));
  }

  get reasons(): string[] {
    return this.snapshots.map(({ reason }) => reason);
  }

  get state(): FollowStatus["state"] | undefined {
    return this.statuses.at(-1)?.state;
  }
}
