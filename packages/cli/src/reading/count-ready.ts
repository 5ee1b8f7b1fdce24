import type { Destination, Keys } from "@wayleave/records";
import type { Revision, Store } from "@wayleave/store";

import { readTable } from "./read-table.ts";

/** How many ready instances a destination selects, and the revision at which the last of them was written (0: none). */
export async function countReady(
  store: Store,
  keys: Keys,
  { app, version }: Destination,
): Promise<{ ready: number; revision: Revision }> {
  const { instances } = await readTable(store, keys, keys.app(app));
  const ready = instances.filter(
    ({ parsed: { instance } }) =>
      instance.state === "ready" && (version === undefined || instance.version === version),
  );
  return {
    ready: ready.length,
    revision: ready.reduce((newest, { stored }) => Math.max(newest, stored.modRevision), 0),
  };
}
