import type { Revision } from "@wayleave/store";

/**
 * `waiting`: there is no table yet. `from-disk`: the table is the saved one, etcd was not reached yet.
 * `live`: it follows etcd. `reconnecting`: it did, and will again; the last table stays in force. `refused`: the table
 * file is bad; the last good one stays in force.
 */
export type ControlState = "waiting" | "from-disk" | "live" | "reconnecting" | "refused";

/** How the config path is. Times are epoch milliseconds. */
export interface ControlStatus {
  readonly state: ControlState;
  /** What every table has applied; 0 when there is none. */
  readonly revision: Revision;
  /** Seconds since the link to etcd was last proved to be live; null when it never was. */
  readonly stalenessSeconds: number | null;
  readonly endpoint: string | null;
  /** Why the link is not live: a fixed word, and an error's text. */
  readonly reason: string | null;
  readonly error: string | null;
  /** Records whose newest value is bad. */
  readonly rejected: number;
  /** Addresses that more than one record claims. */
  readonly addressConflicts: number;
  readonly suspects: number;
  /** Removals of a re-list that are held back until it is repeated. */
  readonly hold: { readonly removals: number; readonly since: number; readonly until: number } | null;
  /** The last audit: keys that were not as etcd has them. */
  readonly audit: { readonly at: number; readonly differences: number } | null;
  readonly stateFile: { readonly savedAt: number | null; readonly failure: string | null } | null;
  /** Why other routers and `--wait` do not see this one. */
  readonly replicaFailure: string | null;
}
