import type { ControlStatus } from "../control/control-status.ts";
import type { Control } from "../control/control.ts";
import type { ExchangeCounts } from "../observe/exchange-counts.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { Table } from "../table/table.ts";
import type { WorkerFleet } from "../workers/worker-fleet.ts";
import type { Readiness } from "./readiness.ts";

/** What the admin listener tells of. It changes none of it. */
export interface AdminSources {
  readonly id: string;
  readonly version: string;
  readonly engine: string;
  readonly zone: string | null;
  readonly since: Date;
  readonly endpoints: readonly string[];
  readonly prefix: string;
  readonly table: Table;
  readonly control: Pick<Control, "records" | "waitFor"> & { readonly status: ControlStatus };
  readonly readiness: Readiness;
  readonly exchangeCounts: ExchangeCounts;
  readonly metrics: Metrics;
  /** When other processes take the requests. */
  readonly fleet?: Pick<WorkerFleet, "refresh" | "refreshInstances" | "views"> | undefined;
  /** Open client connections, now. */
  readonly connections: () => number;
}
