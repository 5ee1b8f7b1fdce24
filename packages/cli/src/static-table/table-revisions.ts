import type { Revision, StoredRecord } from "@wayleave/store";

import type { FileRecord } from "../table-file/read-table-file.ts";

/** Gives the records of a file the revisions that etcd would give them: every new content is one revision. */
export class TableRevisions {
  #revision: Revision = 0;
  #records = new Map<string, StoredRecord>();

  get revision(): Revision {
    return this.#revision;
  }

  get records(): readonly StoredRecord[] {
    return [...this.#records.values()];
  }

  /** The file says this now. */
  take(records: readonly FileRecord[]): void {
    const revision = (this.#revision += 1);
    const before = this.#records;
    this.#records = new Map(
      records.map(({ key, json }) => [key, storedRecord(before.get(key), { key, json, revision })]),
    );
  }
}

function storedRecord(
  before: StoredRecord | undefined,
  { key, json, revision }: Pick<FileRecord, "key" | "json"> & { revision: Revision },
): StoredRecord {
  const value = JSON.stringify(json);
  if (before?.value === value) return before;
  const createRevision = before?.createRevision ?? revision;
  return { key, value, createRevision, modRevision: revision, lease: "0" };
}
