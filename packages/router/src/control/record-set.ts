// Config path 3 of 5: follow -> parse -> GUARD -> hand out -> acknowledge.
// What this router believes etcd holds, and what of it is in force. A change or a re-list goes in, the
// difference that it makes to a table comes out: never a table emptied first.

import type { Keys } from "@wayleave/records";
import type { Change, Revision, Snapshot, SnapshotReason, StoredRecord } from "@wayleave/store";

import type { TableChange } from "../table/table-change.ts";
import { type AcceptedInstance, type AcceptedRecord, doubtful } from "./accepted-record.ts";
import { AcceptedRecords, type RecordChecks, type Rejection } from "./accepted-records.ts";
import { AddressOwners } from "./guards/address-owners.ts";
import { type GuardPolicy, resolveGuardPolicy } from "./guards/guard-policy.ts";
import { VanishedRecords } from "./guards/mass-expiry.ts";
import { HeldRemovals, type Hold, type Shrink } from "./guards/shrink-guard.ts";
import { type SavedRecord, restoredRecord } from "./saved-record.ts";
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

/** Records of a state file, of one revision. */
export interface Saved {
  readonly revision: Revision;
  readonly records: Iterable<SavedRecord>;
}

/** Live records that claim the same address. Keys. */
export interface AddressConflict {
  readonly authority: string;
  readonly owner: string;
  /** Out; with `addressConflict: both` in force all the same. */
  readonly others: readonly string[];
}

/** A record, for those who look. */
export interface KnownRecord {
  readonly modRevision: Revision;
  readonly isLeased: boolean;
  /** The key of the instance that has its address instead; undefined: it has it. */
  readonly owner: string | undefined;
}

/** Every `now` is epoch milliseconds. */
export class RecordSet {
  readonly #keys: Keys;
  readonly #accepted: AcceptedRecords;
  readonly #owners = new AddressOwners<AcceptedInstance>();
  readonly #vanished = new VanishedRecords<AcceptedInstance>();
  readonly #held = new HeldRemovals();
  #revision: Revision = 0;
  #difference = new TableDifference((key) => this.#inForce(key));

  constructor(keys: Keys, checks: RecordChecks) {
    this.#keys = keys;
    this.#accepted = new AcceptedRecords(keys, checks);
  }

  /** The revision of the last change or re-list. */
  get revision(): Revision {
    return this.#revision;
  }

  get hold(): Hold | undefined {
    return this.#held.current;
  }

  get rejections(): ReadonlyMap<string, Rejection> {
    return this.#accepted.rejections();
  }

  get suspectCount(): number {
    return this.#vanished.suspectCount;
  }

  /** What etcd is believed to hold at a key, as far as it is good; undefined: nothing. */
  at(key: string): KnownRecord | undefined {
    const record = this.#accepted.get(key);
    if (record === undefined) return undefined;
    const { modRevision } = record;
    if (record.kind !== "instance") return { modRevision, isLeased: false, owner: undefined };
    const owner = this.#inForce(key) === undefined ? this.#owners.owner(record.authority)?.key : undefined;
    return { modRevision, isLeased: record.isLeased, owner };
  }

  /** The last good record of every key that etcd has, and those that are held. */
  records(): Iterable<AcceptedRecord> {
    return this.#accepted.values();
  }

  conflicts(): AddressConflict[] {
    return [...this.#owners.contested()].flatMap(([authority, claims]) => {
      const live = claims.filter(({ isLive }) => isLive).map(({ key }) => key);
      const owner = this.#owners.owner(authority)?.key ?? "";
      return live.length > 1 ? [{ authority, owner, others: live.filter((key) => key !== owner) }] : [];
    });
  }

  /** Everything in force, as the change that makes it out of an empty table. */
  whole(): TableChange {
    return changeOf(this.#revision, this.#allInForce());
  }

  *#allInForce(): Iterable<Edit> {
    for (const { key } of this.#accepted.values()) yield { before: undefined, after: this.#inForce(key) };
    for (const { key } of this.#vanished.kept()) yield { before: undefined, after: this.#inForce(key) };
  }

  /** Takes the records of a state file into an empty set, and gives all that is in force. */
  restore({ revision, records }: Saved, now: number): TableChange {
    for (const saved of records) {
      const record = restoredRecord(this.#keys, saved, now);
      if ("value" in record) this.#accepted.put(record, { before: undefined, now });
      else if (this.#accepted.restore(record, now) && record.kind === "instance") this.#owners.add(record);
    }
    this.#revision = revision;
    return this.whole();
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
        route: this.#accepted.count("route"),
        instance: this.#accepted.count("instance"),
        certificate: this.#accepted.count("certificate"),
      };
      const missing = new Set(this.#accepted.keys());
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
      const vanished = this.#vanished.get(this.#keys.instance(app, id));
      if (vanished !== undefined) this.#forget(vanished);
    });
  }

  get #policy(): GuardPolicy {
    const record = this.#accepted.get(this.#keys.settings);
    return resolveGuardPolicy(record?.kind === "settings" ? record.settings : {});
  }

  #edit(revision: Revision, now: number, edit: () => void): TableChange {
    this.#difference = new TableDifference((key) => this.#inForce(key));
    for (const record of this.#vanished.due(now, this.#policy.suspectMs)) this.#forget(record);
    edit();
    if (this.#policy.suspectMs > 0) this.#keepSuspects(now);
    this.#revision = revision;
    return this.#difference.toChange(revision);
  }

  #put(stored: StoredRecord, now: number): void {
    const { key } = stored;
    const before = this.#accepted.get(key) ?? this.#vanished.get(key);
    this.#touch(key, before);
    this.#accepted.put(stored, { before, now });
    const after = this.#accepted.get(key);
    if (after === undefined || after === before) return; // the new value was rejected
    if (after.kind === "instance") this.#touchAddress(after.authority);
    this.#held.drop(key);
    this.#vanished.drop(key);
    if (before?.kind === "instance") this.#owners.remove(before);
    if (after.kind !== "instance") return;
    this.#owners.add(after);
    for (const claim of this.#owners.at(after.authority)) if (!claim.isLive) this.#forget(claim);
  }

  #delete(key: string, now: number): void {
    const before = this.#accepted.get(key);
    this.#touch(key, before);
    this.#accepted.delete(key);
    this.#held.drop(key);
    if (before?.kind !== "instance") return;
    this.#owners.remove(before);
    const isUnclean = before.isLive && before.isLeased && before.instance.state !== "draining";
    if (!isUnclean || this.#policy.suspectMs === 0 || this.#isClaimed(before.authority)) return;
    const vanished = before.vanished();
    this.#vanished.add(vanished, now);
    this.#owners.add(vanished);
  }

  #removeMissing({ keys, before, isOtherStore, mayHold, now }: Removal): void {
    const shrinks = (missing: readonly string[]): Shrink[] => {
      const kinds = missing.map((key) => this.#accepted.get(key)?.kind);
      return (["route", "instance", "certificate"] as const).map((kind) => ({
        before: before[kind],
        missing: kinds.filter((each) => each === kind).length,
      }));
    };
    const holdMs = mayHold ? this.#policy.shrinkHoldMs : 0;
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
    const record = this.#accepted.get(key);
    if (record?.isLive !== true) return;
    this.#touch(key, record);
    const doubted = doubtful(record);
    this.#accepted.replace(doubted);
    if (doubted.kind !== "instance") return;
    this.#owners.add(doubted);
    if (this.#isClaimed(doubted.authority)) this.#forget(doubted);
  }

  #keepSuspects(now: number): void {
    const remaining = this.#accepted.count("instance");
    for (const record of this.#vanished.judge({ remaining, now })) this.#vanished.keep(record, now);
  }

  /** Lets go of an instance that is kept on suspicion. */
  #forget(record: AcceptedInstance): void {
    this.#touch(record.key, record);
    this.#owners.remove(record);
    this.#vanished.drop(record.key);
    if (this.#accepted.get(record.key) !== record) return;
    if (this.#held.drop(record.key)) this.#accepted.delete(record.key);
    else this.#accepted.withdraw(record.key);
  }

  /** Whether this very value was read already; a revision says so only within one history. */
  #isKnown({ key, modRevision }: StoredRecord): boolean {
    return this.#accepted.newestRevision(key) === modRevision && !this.#held.has(key);
  }

  /** Notes what is in force at a key, and at all keys on which its change may have an effect. */
  #touch(key: string, record: AcceptedRecord | undefined): void {
    this.#difference.touch(key);
    if (record?.kind === "instance") this.#touchAddress(record.authority);
    if (key !== this.#keys.settings) return;
    // `addressConflict` decides about every contested address.
    for (const [authority] of this.#owners.contested()) this.#touchAddress(authority);
  }

  #touchAddress(authority: string): void {
    for (const claim of this.#owners.at(authority)) this.#difference.touch(claim.key);
  }

  #inForce(key: string): AcceptedRecord | undefined {
    const record = this.#accepted.get(key) ?? this.#vanished.get(key);
    if (record?.kind !== "instance") return record;
    const mayShare = this.#policy.addressConflict === "both";
    return mayShare || this.#owners.owner(record.authority)?.key === key ? record : undefined;
  }

  /** Whether a live record claims an address. Then nothing is kept there on suspicion. */
  #isClaimed(authority: string): boolean {
    return this.#owners.at(authority).some(({ isLive }) => isLive);
  }
}

interface Removal {
  /** What a re-list does not have. */
  readonly keys: ReadonlySet<string>;
  readonly before: Readonly<Record<"route" | "instance" | "certificate", number>>;
  readonly isOtherStore: boolean;
  readonly mayHold: boolean;
  readonly now: number;
}
