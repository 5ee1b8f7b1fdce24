import type { Store } from "@wayleave/store";

/**
 * Where the config path gets its records: etcd, or anything else that can be followed, as a file is. Without a
 * whole store there is no replica record: nobody waits for such a router.
 */
export type RecordSource = Store | FollowedSource;

/** A source that can be followed, and no more. It is believed as etcd is, guards included. */
export type FollowedSource = Pick<Store, "endpoints" | "follow">;

/** Whether a source is etcd. */
export function isStore(source: RecordSource): source is Store {
  return "holdLease" in source;
}
