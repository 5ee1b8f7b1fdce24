import { AffinityIndex } from "./affinity.ts";
import { InstanceEntry, type Owner } from "./instance-entry.ts";
import { InstanceRecord } from "./instance-record.ts";
import { Selection, type SelectionSource } from "./selection.ts";
import type { TableInstance } from "./table-change.ts";

/** More selections of versions than that, and the empty ones of old deployments are let go. */
const MAX_IDLE_VERSIONS = 8;

/** What holds for every app of a table. */
export interface AppSettings {
  /** The zone of this router; undefined: zones do not count. */
  readonly zone: string | undefined;
  /** The same on every replica; see {@link opaqueIdOf}. */
  readonly affinityKey: string;
  /** Told when an instance was ejected, or returned before its time. Must not throw. */
  readonly ejectionChanged?: ((entry: InstanceEntry) => void) | undefined;
}

/** An app with its instances, in one worker's table. It is there while it has an instance. */
export class AppEntry implements Owner, SelectionSource {
  readonly name: string;
  readonly #instances = new Map<string, InstanceEntry>();
  readonly #settings: AppSettings;
  readonly #all: Selection;
  #versions: Map<string, Selection> | undefined;
  #affinity: AffinityIndex | undefined;
  /** Those that are out, and those that are back but were not looked at since; mostly there is none. */
  #ejected: InstanceEntry[] | undefined;
  /** Epoch milliseconds at which the first of them is back. */
  #firstReturn = 0;

  constructor(name: string, settings: AppSettings) {
    this.name = name;
    this.#settings = settings;
    this.#all = new Selection(undefined, this);
  }

  /** All instances, by id. */
  get instances(): ReadonlyMap<string, InstanceEntry> {
    return this.#instances;
  }

  get zone(): string | undefined {
    return this.#settings.zone;
  }

  /**
   * Puts an instance's record. Gives the entry that must get no new exchange from now on: the one that
   * had another address or protocol under this id, or the instance itself when it drains.
   */
  put(id: string, record: TableInstance): InstanceEntry | undefined {
    const known = this.#instances.get(id);
    if (known === undefined || known.isGone || !isSameInstance(known.record, record)) {
      const replaced = this.remove(id);
      this.#enter(new InstanceEntry(this, id, record));
      return replaced;
    }
    const before = known.record;
    if (hasSamePlace(before, record)) {
      known.record = InstanceRecord.of(record);
      return undefined;
    }
    this.#leaveSelections(known);
    known.record = InstanceRecord.of(record);
    this.#joinSelections(known);
    return record.state === "draining" ? known : undefined;
  }

  /** Removes an instance, and gives its entry. */
  remove(id: string): InstanceEntry | undefined {
    const known = this.#instances.get(id);
    if (known === undefined) return undefined;
    this.#instances.delete(id);
    this.#affinity?.remove(known);
    this.#leaveSelections(known);
    this.#ejected = this.#ejected?.filter((entry) => entry !== known);
    known.isGone = true;
    return known;
  }

  /** The instances of one version, or all; undefined when there is none that gets traffic. */
  selection(version: string | undefined): Selection | undefined {
    const selection = version === undefined ? this.#all : this.#versionSelection(version);
    return selection.isEmpty ? undefined : selection;
  }

  /** The instance that an affinity cookie names, whatever its state; O(1) after the first time. */
  findOpaque(opaqueId: string): InstanceEntry | undefined {
    this.#affinity ??= new AffinityIndex(this.#settings.affinityKey, this.#instances.values());
    return this.#affinity.find(opaqueId);
  }

  ejected(entry: InstanceEntry): void {
    const ejected = (this.#ejected ??= []);
    this.#firstReturn = Math.min(ejected.length === 0 ? Infinity : this.#firstReturn, entry.ejectedUntil);
    if (!ejected.includes(entry)) ejected.push(entry);
    this.#settings.ejectionChanged?.(entry);
  }

  returned(entry: InstanceEntry): void {
    this.#letReturn(entry.ejectedUntil);
    this.#settings.ejectionChanged?.(entry);
  }

  /** See {@link Selection.mustUseEjected}. O(1) while nobody is ejected, else by the number of those. */
  mustUseEjected(selection: Selection, now: number): boolean {
    if (this.#ejected === undefined) return false;
    if (now >= this.#firstReturn) this.#letReturn(now);
    return this.#ejected !== undefined && selection.mustUseEjected(this.#ejected);
  }

  #letReturn(now: number): void {
    const out = this.#ejected?.filter((entry) => entry.ejectedUntil > now) ?? [];
    this.#ejected = out.length === 0 ? undefined : out;
    this.#firstReturn = out.reduce((first, entry) => Math.min(first, entry.ejectedUntil), Infinity);
  }

  #enter(entry: InstanceEntry): void {
    this.#instances.set(entry.id, entry);
    this.#affinity?.add(entry);
    this.#joinSelections(entry);
  }

  #joinSelections(entry: InstanceEntry): void {
    this.#all.join(entry);
    if (entry.record.version !== undefined) this.#versions?.get(entry.record.version)?.join(entry);
  }

  #leaveSelections(entry: InstanceEntry): void {
    this.#all.leave(entry);
    if (entry.record.version !== undefined) this.#versions?.get(entry.record.version)?.leave(entry);
  }

  #versionSelection(version: string): Selection {
    const versions = (this.#versions ??= new Map<string, Selection>());
    const known = versions.get(version);
    if (known !== undefined) return known;
    const selection = new Selection(version, this);
    for (const entry of this.#instances.values()) if (selection.selects(entry)) selection.join(entry);
    if (versions.size >= MAX_IDLE_VERSIONS) {
      for (const [name, one] of versions) if (one.isEmpty) versions.delete(name);
    }
    versions.set(version, selection);
    return selection;
  }
}

/** What is known of an instance, and its connections, are of no use for another address, or another protocol there. */
/** Whether a record under the same id is of the same instance still. */
export function isSameInstance(before: TableInstance, after: TableInstance): boolean {
  return before.address === after.address && before.port === after.port && before.protocol === after.protocol;
}

/** Whether a new record leaves an instance where it stands in every balancer: then it keeps its turn. */
function hasSamePlace(before: TableInstance, after: TableInstance): boolean {
  return (
    before.state === after.state &&
    before.isSuspect === after.isSuspect &&
    before.version === after.version &&
    before.zone === after.zone &&
    before.weight === after.weight &&
    before.since === after.since
  );
}
