import type { InstanceCounts } from "@wayleave/records/api";

import type { Column } from "./data-table.tsx";
import { LiveCount } from "./health.tsx";

/** Of a table whose rows have instances: how many of them get requests. */
export const LIVE_COLUMN: Column<{ readonly instances: InstanceCounts }> = {
  id: "live",
  title: "Live",
  hint: "Instances that get requests, of all",
  isNumber: true,
  order: ({ instances }) => instances.ready + instances.failing,
  cell: ({ instances }) => <LiveCount counts={instances} />,
};
