import type { CertificateEntry } from "../table/certificate-index.ts";
import type { InstanceEntry } from "../table/instance-entry.ts";
import type { RouteEntry } from "../table/route-entry.ts";
import type { TableChange } from "../table/table-change.ts";
import type { Table } from "../table/table.ts";

const RECORDS_A_SLICE = 500;

/**
 * All that a table holds, as changes that make it out of an empty one; each slice is read when it is asked for. What
 * changes meanwhile is in none or in some slices, half of it perhaps: whoever applies the slices must apply every
 * change since the call as well, in order, before the table is used. Changes say what is, not what was done, so to
 * apply one twice does no harm.
 */
export function wholeTable(table: Table): Iterable<TableChange> {
  // References only, and all at once: to walk a tree while it changes might skip what did not change.
  const routes = [...table.routes()];
  const instances = [...table.instances()];
  const certificates = [...table.certificates.entries()];
  return slices(table, { routes, instances, certificates });
}

interface Held {
  readonly routes: readonly RouteEntry[];
  readonly instances: readonly InstanceEntry[];
  readonly certificates: readonly CertificateEntry[];
}

function* slices(table: Table, { routes, instances, certificates }: Held): Iterable<TableChange> {
  const { revision, settings, filedAuthority: clientAuthority } = table;
  yield { revision, settings, routes: [], instances: [], ...(clientAuthority && { clientAuthority }) };
  for (let at = 0; at < certificates.length; at += RECORDS_A_SLICE) {
    const slice = certificates
      .slice(at, at + RECORDS_A_SLICE)
      .filter((entry) => table.certificates.get(entry.name) === entry);
    yield { revision, routes: [], instances: [], certificates: slice };
  }
  for (let at = 0; at < routes.length; at += RECORDS_A_SLICE) {
    const slice = routes
      .slice(at, at + RECORDS_A_SLICE)
      .filter((route) => table.route(route.host, route.path) === route)
      .map(({ host, path, record }) => ({ host, path, route: record }));
    yield { revision, routes: slice, instances: [] };
  }
  for (let at = 0; at < instances.length; at += RECORDS_A_SLICE) {
    const slice = instances
      .slice(at, at + RECORDS_A_SLICE)
      .filter(({ isGone }) => !isGone)
      .map(({ app, id, record }) => ({ app, id, instance: record }));
    yield { revision, routes: [], instances: slice };
  }
}
