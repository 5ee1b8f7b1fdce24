import type { Keys } from "@wayleave/records";
import type { Store } from "@wayleave/store";

import type { NameKind } from "./wanted.ts";

/** The names of a kind that begin with what was typed, as etcd has them now. */
export async function liveNames(
  store: Store,
  keys: Keys,
  { of, typed }: { readonly of: NameKind; readonly typed: string },
): Promise<string[]> {
  const range = rangeOf(keys, of);
  const { records } = await store.list(range + typed.replace(/\/$/, ""));
  const names = records.map(({ key }) => nameIn(key.slice(range.length), of));
  return [...new Set(names)].filter((name) => name.startsWith(typed));
}

function rangeOf(keys: Keys, of: NameKind): string {
  if (of === "route" || of === "host") return keys.routes;
  if (of === "certificate") return keys.certificates;
  return of === "replica" ? keys.replicas : keys.instances;
}

/** A route at `/` is its host alone. */
function nameIn(rest: string, of: NameKind): string {
  if (of === "route") return rest.replace(/^([^/]+)\/$/, "$1");
  if (of === "host" || of === "app") return rest.replace(/\/.*$/s, "");
  return rest;
}
