export { abortable } from "./abortable.ts";
export { BackOff, jittered, sleep } from "./back-off.ts";
export { parseEndpoint, parseEndpoints } from "./endpoints.ts";
export { openStore } from "./open-store.ts";
export type {
  Change,
  Condition,
  Follower,
  Following,
  FollowStatus,
  LeasedRecords,
  LeaseOptions,
  LeaseState,
  Member,
  MemberStatus,
  MemberVitals,
  Revision,
  SetOptions,
  Snapshot,
  SnapshotReason,
  Store,
  StoredRecord,
  StoreErrorCode,
  StoreSettings,
  Write,
} from "./store.ts";
export { StoreError } from "./store.ts";
