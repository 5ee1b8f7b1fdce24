import type { StoredRecord } from "@wayleave/store";

import { CommandError } from "../exit-codes.ts";
import { type WriteContext, commitWrite, formatRevision } from "./commit-write.ts";
import { conditionOn } from "./read-for-write.ts";

/** A record to remove, and what people call it. */
export interface RemovalTarget {
  readonly key: string;
  readonly kind: "route" | "instance" | "certificate";
  /** `host/path`, `app/id`. */
  readonly name: string;
}

/**
 * Removes records in one transaction, and tells. Throws a CommandError (notFound) when one of them does not exist,
 * and whatever `check` throws; then none is removed.
 */
export async function removeRecords(
  context: WriteContext,
  wanted: readonly RemovalTarget[],
  check: (record: StoredRecord, target: RemovalTarget) => void = () => {},
): Promise<void> {
  const { store, output } = context;
  const targets = [...new Map(wanted.map((target) => [target.key, target])).values()];
  const found = await Promise.all(
    targets.map(async (target) => ({ target, ...(await store.get(target.key)) })),
  );
  for (const { target, record } of found) {
    if (record === undefined) {
      throw new CommandError("notFound", `there is no ${target.kind} ${target.name}; nothing was removed`);
    }
    check(record, target);
  }
  const revision = await commitWrite(context, {
    writes: targets.map(({ key }) => ({ delete: key })),
    conditions: found.map(({ target, record }) => conditionOn(target.key, record)),
  });
  output.json({ revision: revision ?? null, removed: targets.map(({ name }) => name) });
  for (const { kind, name } of targets) output.line(`removed ${kind} ${name} ${formatRevision(revision)}`);
  const [first] = targets;
  if (first === undefined || revision === undefined) return;
  const app = first.name.replace(/\/.*$/, "");
  output.hint(
    first.kind === "route"
      ? `next: wayleave explain http://${first.name}`
      : `next: wayleave instances ls ${app}`,
  );
}
