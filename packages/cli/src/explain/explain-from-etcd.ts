import type { Keys } from "@wayleave/records";
import { type ExplainableRequest, type ExplainedRequest, buildTable, explainRequest } from "@wayleave/router";
import type { Store } from "@wayleave/store";

import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import type { BadRecord } from "../reading/read-table.ts";

/** What would become of a request, and which records of its host and apps no router uses. */
export interface Explained extends ExplainedRequest {
  readonly rejected: readonly BadRecord[];
}

/** Explains a request by the table that a router would have which started now. */
export async function explainFromEtcd(
  { store, keys, zone }: { readonly store: Store; readonly keys: Keys; readonly zone: string | undefined },
  request: ExplainableRequest,
): Promise<Explained> {
  // A request that cannot be is refused before etcd is asked.
  valueOrInvalid(explainRequest(buildTable({ keys, records: [], revision: 0 }).table, request));
  const { records, revision } = await store.list(keys.table);
  const { table, rejected } = buildTable({ keys, records, revision, ...(zone !== undefined && { zone }) });
  const explained = valueOrInvalid(explainRequest(table, request));
  const { hosts, destinations, host } = explained.explanation;
  const places = [
    ...[host, ...hosts.map((candidate) => candidate.host)].map((name) => keys.route(name, "/")),
    ...destinations.map(({ app }) => keys.app(app)),
    keys.settings,
  ];
  return {
    ...explained,
    rejected: rejected.filter(({ key }) => places.some((place) => key.startsWith(place))),
  };
}
