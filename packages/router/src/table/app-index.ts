import { AppEntry, type AppSettings, isSameInstance } from "./app-entry.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { LateChanges } from "./late-changes.ts";
import type { InstanceChange } from "./table-change.ts";

/** All apps that have an instance, by name. */
export class AppIndex {
  readonly #settings: AppSettings;
  readonly #apps = new Map<string, AppEntry>();
  #instanceCount = 0;
  #prepared = new LateChanges<InstanceChange>();
  /** Prepared, and not to be late: the connections of what they withdraw must not serve whoever has the address next. */
  #withdrawing: InstanceChange[] = [];
  #late = new LateChanges<InstanceChange>();
  #withdrawn: InstanceEntry[] = [];

  constructor(settings: AppSettings) {
    this.#settings = settings;
  }

  get(name: string): AppEntry | undefined {
    if (!this.#late.isEmpty) this.#settle(name);
    return this.#apps.get(name);
  }

  get isSettled(): boolean {
    return this.#late.isEmpty;
  }

  get size(): number {
    this.settle(Number.POSITIVE_INFINITY);
    return this.#apps.size;
  }

  get instanceCount(): number {
    this.settle(Number.POSITIVE_INFINITY);
    return this.#instanceCount;
  }

  values(): IterableIterator<AppEntry> {
    this.settle(Number.POSITIVE_INFINITY);
    return this.#apps.values();
  }

  /** Takes a change that comes into force with the next {@link AppIndex.commit}. */
  prepare(change: InstanceChange): void {
    const { app, id, instance } = change;
    const entry = this.get(app)?.instances.get(id);
    if (isWithdrawal(entry, instance)) this.#withdrawing.push(change);
    else this.#prepared.add(app, change);
  }

  /** Puts in force what was prepared. Its cost is that of what is withdrawn, however much else there is. */
  commit(): void {
    this.settle(Number.POSITIVE_INFINITY);
    this.#late = this.#prepared;
    this.#prepared = new LateChanges();
    for (const change of this.#withdrawing) this.put(change);
    this.#withdrawing = [];
  }

  /** Puts one change in force. */
  put(change: InstanceChange): void {
    this.#workIn(this.get(change.app), change);
  }

  /** Works in what is late, app by app, until so many changes are; gives how many. */
  settle(most: number): number {
    let settled = 0;
    for (const name of this.#late.places()) {
      settled += this.#settle(name);
      if (settled >= most) break;
    }
    return settled;
  }

  /** Takes out the instances that were withdrawn since it was last called. */
  takeWithdrawn(): readonly InstanceEntry[] {
    const withdrawn = this.#withdrawn;
    if (withdrawn.length > 0) this.#withdrawn = [];
    return withdrawn;
  }

  #settle(name: string): number {
    const changes = this.#late.take(name);
    for (const change of changes) this.#workIn(this.#apps.get(name), change);
    return changes.length;
  }

  #workIn(known: AppEntry | undefined, { app: name, id, instance }: InstanceChange): void {
    if (known === undefined && instance === null) return;
    const app = known ?? new AppEntry(name, this.#settings);
    const before = app.instances.size;
    const withdrawn = instance === null ? app.remove(id) : app.put(id, instance);
    if (withdrawn !== undefined) this.#withdrawn.push(withdrawn);
    this.#instanceCount += app.instances.size - before;
    if (known === undefined) this.#apps.set(name, app);
    else if (app.instances.size === 0) this.#apps.delete(name);
  }
}

function isWithdrawal(entry: InstanceEntry | undefined, instance: InstanceChange["instance"]): boolean {
  if (instance === null) return true;
  if (entry === undefined) return false;
  return instance.state === "draining" || entry.isGone || !isSameInstance(entry.record, instance);
}
