import type { Instance, Route, Settings } from "@wayleave/records";

/**
 * What control hands to every worker: the parsed, guarded effect of one revision, or of a re-list.
 * Plain data, so that it crosses a process boundary unchanged. Applied whole, in one turn.
 */
export interface TableChange {
  readonly revision: number;
  /** New settings; null: back to the defaults; absent: unchanged. */
  readonly settings?: Settings | null;
  readonly routes: readonly RouteChange[];
  readonly instances: readonly InstanceChange[];
}

export interface RouteChange {
  readonly host: string;
  readonly path: string;
  /** null: the route is gone. */
  readonly route: Route | null;
}

export interface InstanceChange {
  readonly app: string;
  readonly id: string;
  /** null: the instance is gone. */
  readonly instance: TableInstance | null;
}

/** An instance's record, and what control knows about it. */
export interface TableInstance extends Instance {
  /** Epoch milliseconds at which this router first saw the record: its age, for slow start. */
  readonly since: number;
  /** Its record vanished without draining, maybe in a mass expiry: use it only when its app has nothing better. */
  readonly isSuspect: boolean;
}
