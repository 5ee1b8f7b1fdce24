import type { Status } from "@wayleave/records/api";

import { isStore } from "../control/record-source.ts";
import type { AdminSources } from "./admin-sources.ts";

/** Whether writes are taken here. That etcd refuses them is known only by trying. */
export function writabilityOf({ store }: Pick<AdminSources, "store">): Status["writable"] {
  if (isStore(store)) return { isWritable: true, why: null };

  return { isWritable: false, why: "the table is a file: edit that, it is followed" };
}
