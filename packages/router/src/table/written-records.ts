import {
  type PackedInstances,
  type UnpackedInstance,
  packInstances,
  unpackInstances,
} from "./packed-instances.ts";
import type { RecordChanges, RouteChange } from "./table-change.ts";

/** The records of a change as they go to workers and to disk, in JSON. */
export interface WrittenRecords {
  readonly routes: readonly RouteChange[];
  readonly instances: PackedInstances;
}

/** The same, read. */
export interface ReadRecords extends RecordChanges {
  readonly instances: readonly UnpackedInstance[];
}

export function toWritten({ routes, instances }: RecordChanges): WrittenRecords {
  return { routes, instances: packInstances(instances) };
}

export function fromWritten({ routes, instances }: WrittenRecords): ReadRecords {
  return { routes, instances: unpackInstances(instances) };
}
