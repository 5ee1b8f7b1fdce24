import { type Instance, type Keys, parseInstance } from "@wayleave/records";
import type { Change, Follower, Following, Snapshot, Store, StoredRecord } from "@wayleave/store";

/** The instances that etcd holds, as they come and go. */
export class InstanceView implements Follower {
  readonly #keys: Keys;
  readonly #instances = new Map<string, Instance>();
  readonly #onChange: () => void;
  readonly #following: Following;

  constructor(store: Store, keys: Keys, onChange: () => void) {
    this.#keys = keys;
    this.#onChange = onChange;
    this.#following = store.follow(keys.instances, this);
  }

  /** The record of `app/id`, while etcd holds one. */
  get(name: string): Instance | undefined {
    return this.#instances.get(name);
  }

  /** `app/id` of all, in order. */
  names(): string[] {
    return [...this.#instances.keys()].toSorted();
  }

  snapshot({ records }: Snapshot): void {
    this.#instances.clear();
    for (const record of records) this.#put(record);
    this.#onChange();
  }

  change({ puts, deletes }: Change): void {
    for (const record of puts) this.#put(record);
    for (const key of deletes) this.#instances.delete(this.#nameOf(key));
    this.#onChange();
  }

  close(): Promise<void> {
    return this.#following.close();
  }

  #put(record: StoredRecord): void {
    const parsed = parseInstance(record.value);
    if (parsed.ok) this.#instances.set(this.#nameOf(record.key), parsed.value);
    else this.#instances.delete(this.#nameOf(record.key));
  }

  #nameOf(key: string): string {
    return key.slice(this.#keys.instances.length);
  }
}
