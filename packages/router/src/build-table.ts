import type { Keys } from "@wayleave/records";
import type { Revision, StoredRecord } from "@wayleave/store";

import { affinityKeyOf } from "./affinity-key.ts";
import { certificateCheck } from "./certificates/check-certificate.ts";
import type { Rejection } from "./control/accepted-records.ts";
import { allowedAddresses } from "./control/guards/allowed-addresses.ts";
import { PlatformAddresses } from "./control/platform-addresses.ts";
import { RecordSet } from "./control/record-set.ts";
import { Table } from "./table/table.ts";

/** Records as `store.list` or a file gives them, and what of a router's settings decides about them. */
export interface TableInput {
  readonly keys: Keys;
  readonly records: readonly StoredRecord[];
  readonly revision: Revision;
  readonly instanceCidrs?: readonly string[];
  readonly zone?: string;
  readonly affinityKey?: string;
}

/** A table, and why some records are not in it. */
export interface BuiltTable {
  readonly table: Table;
  readonly rejected: readonly Rejection[];
}

/** Builds the table that a router would have which started at these records, with the same guards. */
export function buildTable(input: TableInput): BuiltTable {
  const { keys, records, revision, instanceCidrs = [], zone } = input;
  const set = new RecordSet(keys, {
    address: allowedAddresses({ cidrs: instanceCidrs, forbidden: new PlatformAddresses() }),
    // Whoever only looks has no seal keys.
    certificate: certificateCheck({ sealKeys: undefined, mayBePlain: true }),
  });
  const { change } = set.applySnapshot({ records, revision, reason: "start", clusterId: "" }, Date.now());
  const table = new Table({ zone, affinityKey: affinityKeyOf(input.affinityKey, keys.prefix) });
  table.apply(change);
  return { table, rejected: [...set.rejections.values()] };
}
