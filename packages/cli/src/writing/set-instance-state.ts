import { parseInstance } from "@wayleave/records";
import type { Revision } from "@wayleave/store";

import type { InstancePlace } from "../arguments/place.ts";
import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { CommandError } from "../exit-codes.ts";
import { isLeased } from "../reading/read-table.ts";
import { type WriteContext, commitWrite } from "./commit-write.ts";
import { conditionOn } from "./read-for-write.ts";
import { type JsonObject, objectOf } from "./record-json.ts";

/** What was written; no revision in a dry run. */
export interface StateWrite {
  readonly revision: Revision | undefined;
  readonly record: JsonObject;
}

/**
 * Writes an instance's state and nothing else of it; its lease stays. Throws a CommandError: notFound, conflict, or invalid
 * when no router could use the record.
 */
export async function setInstanceState(
  context: WriteContext,
  { app, id }: InstancePlace,
  state: "ready" | "draining",
): Promise<StateWrite> {
  const { store, keys } = context;
  const key = keys.instance(app, id);
  const { record: found } = await store.get(key);
  if (found === undefined) throw new CommandError("notFound", `there is no instance ${app}/${id}`);
  valueOrInvalid(parseInstance(found.value), `instance ${app}/${id}`);
  const record = { ...objectOf(found), state };
  const put = { put: key, value: JSON.stringify(record), ...(isLeased(found) && { lease: found.lease }) };
  const revision = await commitWrite(context, { writes: [put], conditions: [conditionOn(key, found)] });
  return { revision, record };
}
