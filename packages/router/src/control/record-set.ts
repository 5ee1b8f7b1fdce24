// Config path 3 of 5: follow -> parse -> GUARD -> hand out -> acknowledge.
// What this router believes etcd holds, and what of it is in force. A change or a re-list goes in, the
// difference that it makes to a table comes out: never a table emptied first.

import type { Keys } from "@wayleave/records";
import type { Change, Revision, Snapshot, SnapshotReason, StoredRecord } from "@wayleave/store";

import type { InstanceChange, RecordChanges, TableChange } from "../table/table-change.ts";
import { type AcceptedInstance, type AcceptedRecord, doubtful } from "./accepted-record.ts";
import type { RecordChecks, Rejection } from "./accepted-records.ts";
import type { AddressKey } from "./guards/address-owners.ts";
import { HeldRemovals, type Hold, type Shrink } from "./guards/shrink-guard.ts";
import { type AddressConflict, InForce, type KnownRecord } from "./in-force.ts";
import { type SavedSlice, restoredRecords } from "./saved-slice.ts";
import { type Edit, TableDifference, changeOf } from "./table-difference.ts";

/** After these, revisions are not to be compared with those from before. */
const NEW_HISTORY: ReadonlySet<SnapshotReason> = new Set(["start", "went-back", "cluster-changed"]);
/** The store is another one than we followed until then. */
const OTHER_STORE: ReadonlySet<SnapshotReason> = new Set(["went-back", "cluster-changed"]);

/** What a re-list did. */
export interface Resync {
  readonly change: TableChange;
  /** Keys that were not as the re-list has them. After an audit this must be 0. */
  readonly differences: number;
}

/** Every `now` is epoch milliseconds. */
export class RecordSet {
  readonly #keys: Keys;
  readonly #inForce: InForce;
  readonly #held = new HeldRemovals();
  #revision: Revision = 0;
  #difference = this.#newDifference();

  constructor(keys: Keys, checks: RecordChecks) {
    this.#keys = keys;
    this.#inForce = new InForce(keys, checks);
  }

  /** The revision of the last change or re-list. */
  get revision(): Revision {
    return this.#revision;
  }

  get hold(): Hold | undefined {
    return this.#held.current;
  }

  get rejections(): ReadonlyMap<string, Rejection> {
    return this.#inForce.accepted.rejections();
  }

  get suspectCount(): number {
    return this.#inForce.vanished.suspectCount;
  }

  /** What etcd is believed to hold at a key, as far as it is good; undefined: nothing. */
  at(key: string): KnownRecord | undefined {
    return this.#inForce.known(key);
  }

  /** The last good record of every key that etcd has, and those that are held. */
  records(): Iterable<AcceptedRecord> {
    return this.#inForce.accepted.values();
  }

  conflicts(): AddressConflict[] {
    return this.#inForce.conflicts();
  }

  /** Everything in force, as the change that makes it out of an empty table. */
  whole(): TableChange {
    return changeOf(this.#revision, editsFromNothing(this.#inForce, this.#inForce.keys()));
  }

  /** Takes a slice of a state file into an empty set, and gives what of it may come into force by {@link restored}. */
  restore(slice: SavedSlice, now: number): RecordChanges {
    const { accepted, owners } = this.#inForce;
    const { routes, instances, others } = restoredRecords(this.#keys, slice);
    for (const other of others) accepted.put(other, { before: undefined, now });
    for (const route of routes) accepted.replace(route);
    const allowed = instances.filter((instance) => accepted.restore(instance, now));
    for (const instance of allowed) owners.add(instance);
    return { routes: slice.routes, instances: allowed };
  }

  /** All are restored: the change with which they come into force, after their slices. */
  restored(revision: Revision): TableChange {
    this.#revision = revision;
    const change = changeOf(revision, this.#afterRestored());
    return { ...change, instances: [...change.instances, ...this.#refused()] };
  }

  *#refused(): Iterable<InstanceChange> {
    for (const key of this.rejections.keys()) {
      const place = this.#keys.parse(key);
      if (place.ok && place.value.kind === "instance") yield { ...place.value, instance: null };
    }
  }

  *#afterRestored(): Iterable<Edit> {
    const { accepted, owners } = this.#inForce;
    for (const after of accepted.values()) {
      if (after.kind === "settings" || after.kind === "certificate") yield { before: undefined, after };
    }
    for (const [, claims] of owners.contested()) {
      for (const before of claims) yield { before, after: this.#inForce.at(before.key) };
    }
  }

  /** Applies every put and delete of one revision. */
  applyChange(change: Change, now: number): TableChange {
    return this.#edit(change.revision, now, () => {
      for (const key of change.deletes) this.#delete(key, now);
      for (const stored of change.puts) this.#put(stored, now);
    });
  }

  /** Compares with a whole list and applies the difference; the shrink guard may hold its removals. */
  applySnapshot(snapshot: Snapshot, now: number): Resync {
    return this.#resync(snapshot, { now, mayHold: true });
  }

  /** The same for a list of another store than the set is of: what it does not have goes at once. */
  replaceBy(snapshot: Snapshot, now: number): Resync {
    return this.#resync(snapshot, { now, mayHold: false });
  }

  #resync(snapshot: Snapshot, { now, mayHold }: { now: number; mayHold: boolean }): Resync {
    const isNewHistory = NEW_HISTORY.has(snapshot.reason);
    let differences = 0;
    const change = this.#edit(snapshot.revision, now, () => {
      const before = {
        route: this.#inForce.accepted.count("route"),
        instance: this.#inForce.accepted.count("instance"),
        certificate: this.#inForce.accepted.count("certificate"),
      };
      const missing = new Set(this.#inForce.accepted.keys());
      for (const stored of snapshot.records) {
        missing.delete(stored.key);
        if (!isNewHistory && this.#isKnown(stored)) continue;
        differences += 1;
        this.#put(stored, now);
        if (isNewHistory) this.#doubtLastGood(stored.key);
      }
      for (const key of missing) differences += this.#held.has(key) ? 0 : 1;
      const isOtherStore = OTHER_STORE.has(snapshot.reason);
      this.#removeMissing({ keys: missing, before, isOtherStore, mayHold, now });
    });
    return { change, differences };
  }

  /** Lets go of last choices whose time is up. */
  expire(now: number): TableChange {
    return this.#edit(this.#revision, now, () => undefined);
  }

  /** An instance refused a connection: if it is a last choice, its record was right to vanish. */
  connectionRefused(app: string, id: string, now: number): TableChange {
    return this.#edit(this.#revision, now, () => {
      const vanished = this.#inForce.vanished.get(this.#keys.instance(app, id));
      if (vanished !== undefined) this.#forget(vanished);
    });
  }

  #newDifference(): TableDifference {
    return new TableDifference((key) => this.#inForce.at(key));
  }

  #edit(revision: Revision, now: number, edit: () => void): TableChange {
    this.#difference = this.#newDifference();
    for (const record of this.#inForce.vanished.due(now, this.#inForce.policy.suspectMs))
      this.#forget(record);
    edit();
    if (this.#inForce.policy.suspectMs > 0) this.#keepSuspects(now);
    this.#revision = revision;
    return this.#difference.toChange(revision);
  }

  #put(stored: StoredRecord, now: number): void {
    const { key } = stored;
    const before = this.#inForce.accepted.get(key) ?? this.#inForce.vanished.get(key);
    this.#touch(key, before);
    this.#inForce.accepted.put(stored, { before, now });
    const after = this.#inForce.accepted.get(key);
    if (after === undefined || after === before) return; // the new value was rejected
    if (after.kind === "instance") this.#touchAddress(after.place);
    this.#held.drop(key);
    this.#inForce.vanished.drop(key);
    if (before?.kind === "instance") this.#inForce.owners.remove(before);
    if (after.kind !== "instance") return;
    this.#inForce.owners.add(after);
    for (const claim of this.#inForce.owners.at(after.place)) if (!claim.isLive) this.#forget(claim);
  }

  #delete(key: string, now: number): void {
    const before = this.#inForce.accepted.get(key);
    this.#touch(key, before);
    this.#inForce.accepted.delete(key);
    this.#held.drop(key);
    if (before?.kind !== "instance") return;
    this.#inForce.owners.remove(before);
    const isUnclean = before.isLive && before.isLeased && before.instance.state !== "draining";
    if (!isUnclean || this.#inForce.policy.suspectMs === 0 || this.#inForce.isClaimed(before.place)) return;
    const vanished = before.vanished();
    this.#inForce.vanished.add(vanished, now);
    this.#inForce.owners.add(vanished);
  }

  #removeMissing({ keys, before, isOtherStore, mayHold, now }: Removal): void {
    const shrinks = (missing: readonly string[]): Shrink[] => {
      const kinds = missing.map((key) => this.#inForce.accepted.get(key)?.kind);
      return (["route", "instance", "certificate"] as const).map((kind) => ({
        before: before[kind],
        missing: kinds.filter((each) => each === kind).length,
      }));
    };
    const holdMs = mayHold ? this.#inForce.policy.shrinkHoldMs : 0;
    const { remove, hold } = this.#held.decide({ keys, shrinks, isOtherStore, holdMs, now });
    for (const key of remove) this.#delete(key, now);
    for (const key of hold) this.#doubt(key);
  }

  /** In another history of revisions, a last good value must not outrank what is in etcd now. */
  #doubtLastGood(key: string): void {
    if (this.rejections.has(key)) this.#doubt(key);
  }

  /** Keeps an accepted record in force, but an instance only until a live one claims its address. */
  #doubt(key: string): void {
    const record = this.#inForce.accepted.get(key);
    if (record?.isLive !== true) return;
    this.#touch(key, record);
    const doubted = doubtful(record);
    this.#inForce.accepted.replace(doubted);
    if (doubted.kind !== "instance") return;
    this.#inForce.owners.add(doubted);
    if (this.#inForce.isClaimed(doubted.place)) this.#forget(doubted);
  }

  #keepSuspects(now: number): void {
    const remaining = this.#inForce.accepted.count("instance");
    for (const record of this.#inForce.vanished.judge({ remaining, now }))
      this.#inForce.vanished.keep(record, now);
  }

  /** Lets go of an instance that is kept on suspicion. */
  #forget(record: AcceptedInstance): void {
    this.#touch(record.key, record);
    this.#inForce.owners.remove(record);
    this.#inForce.vanished.drop(record.key);
    if (this.#inForce.accepted.get(record.key) !== record) return;
    if (this.#held.drop(record.key)) this.#inForce.accepted.delete(record.key);
    else this.#inForce.accepted.withdraw(record.key);
  }

  /** Whether this very value was read already; a revision says so only within one history. */
  #isKnown({ key, modRevision }: StoredRecord): boolean {
    return this.#inForce.accepted.newestRevision(key) === modRevision && !this.#held.has(key);
  }

  /** Notes what is in force at a key, and at all keys on which its change may have an effect. */
  #touch(key: string, record: AcceptedRecord | undefined): void {
    this.#difference.touch(key);
    if (record?.kind === "instance") this.#touchAddress(record.place);
    if (key !== this.#keys.settings) return;
    // `addressConflict` decides about every contested address.
    for (const [place] of this.#inForce.owners.contested()) this.#touchAddress(place);
  }

  #touchAddress(place: AddressKey): void {
    for (const claim of this.#inForce.owners.at(place)) this.#difference.touch(claim.key);
  }
}

function* editsFromNothing(inForce: InForce, keys: Iterable<string>): Iterable<Edit> {
  for (const key of keys) yield { before: undefined, after: inForce.at(key) };
}

interface Removal {
  /** What a re-list does not have. */
  readonly keys: ReadonlySet<string>;
  readonly before: Readonly<Record<"route" | "instance" | "certificate", number>>;
  readonly isOtherStore: boolean;
  readonly mayHold: boolean;
  readonly now: number;
}
