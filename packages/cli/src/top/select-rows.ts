import type { TopRow } from "./fleet.ts";

/** What the rows are sorted by, and the key that chooses it. */
export type TopOrder = "requests" | "errors" | "p99" | "health" | "name";

const SEVERITY = { down: 2, degraded: 1, ok: 0 };

const COMPARE: Readonly<Record<TopOrder, (a: TopRow, b: TopRow) => number>> = {
  requests: (a, b) => b.requestsPerSecond - a.requestsPerSecond,
  errors: (a, b) => b.errorShare * b.requestsPerSecond - a.errorShare * a.requestsPerSecond,
  p99: (a, b) => (b.p99Ms ?? -1) - (a.p99Ms ?? -1),
  health: (a, b) => SEVERITY[b.health] - SEVERITY[a.health],
  name: () => 0,
};

/** The names of the orders, the default first. */
export const TOP_ORDERS = Object.keys(COMPARE);

/** The rows whose route or app has the filter in it, in the order; by name where they are equal. */
export function selectRows(
  rows: readonly TopRow[],
  { order, filter }: { readonly order: TopOrder; readonly filter: string },
): TopRow[] {
  const wanted = filter.toLowerCase();
  return rows
    .filter(({ host, path, apps }) => `${host}${path} ${apps}`.toLowerCase().includes(wanted))
    .toSorted((a, b) => COMPARE[order](a, b) || byName(a, b));
}

function byName(a: TopRow, b: TopRow): number {
  const [left, right] = [a.host + a.path, b.host + b.path];
  return left < right ? -1 : left > right ? 1 : 0;
}
