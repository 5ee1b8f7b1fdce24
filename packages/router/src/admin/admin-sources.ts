import type { Keys } from "@wayleave/records";

import type { Control } from "../control/control.ts";
import type { RecordSource } from "../control/record-source.ts";
import type { DataPlane } from "../data-plane.ts";
import type { Live } from "../live/live.ts";
import type { ExchangeCounts } from "../observe/exchange-counts.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Table } from "../table/table.ts";
import type { WorkerFleet } from "../workers/worker-fleet.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { Readiness } from "./readiness.ts";
import type { ReplicaBook } from "./replica-book.ts";

/** What the admin listener tells of, and writes to. */
export interface AdminSources {
  readonly id: string;
  readonly version: string;
  readonly engine: string;
  readonly zone: string | null;
  readonly since: Date;
  readonly store: RecordSource;
  readonly keys: Keys;
  readonly table: Table;
  readonly control: Pick<Control, "records" | "waitFor" | "status">;
  readonly readiness: Readiness;
  readonly exchangeCounts: ExchangeCounts;
  readonly metrics: Metrics;
  /** When other processes take the requests. */
  readonly fleet?: Pick<WorkerFleet, "views" | "reload"> | undefined;
  readonly plane: DataPlane;
  readonly live: Live;
  readonly replicas: ReplicaBook;
  readonly leases: LeaseBook;
  /** Open client connections, now. */
  readonly connections: () => number;
}
