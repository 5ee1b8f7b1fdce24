// Whether this user may read and write what it should, found by trying, in ways that change nothing.

import type { Keys } from "@wayleave/records";
import { type Store, StoreError } from "@wayleave/store";

import { type Check, type Finding, fail, named, ok } from "./check.ts";

/** Who this user is: what it should be allowed follows from that. */
export type Role =
  | { readonly role: "operator" }
  | { readonly role: "registrar"; readonly app: string }
  | { readonly role: "router"; readonly id: string };

/** Tries every right that the role needs. Never throws. */
export async function examineRights(store: Store, keys: Keys, role: Role): Promise<Check[]> {
  const { reads, writes } = rightsOf(keys, role);
  return await Promise.all([
    ...reads.map(async (range) => named("may-read", range, await examine(() => read(store, range)))),
    ...writes.map(async (key) => named("may-write", key, await examine(() => tryWrite(store, key)))),
  ]);
}

function rightsOf(keys: Keys, role: Role): { readonly reads: string[]; readonly writes: string[] } {
  switch (role.role) {
    case "operator":
      return {
        reads: [keys.table, keys.replicas],
        writes: [keys.settings, keys.route("doctor.invalid", "/"), keys.instance("doctor", "doctor")],
      };
    case "registrar":
      return {
        reads: [keys.app(role.app), keys.replicas],
        writes: [keys.instance(role.app, "doctor")],
      };
    case "router":
      return { reads: [keys.table, keys.replica(role.id)], writes: [keys.replica(role.id)] };
  }
}

/** A key, or all keys with a prefix, which ends in a slash. */
async function read(store: Store, range: string): Promise<void> {
  await (range.endsWith("/") ? store.list(range) : store.get(range));
}

/**
 * etcd checks the rights of a transaction's writes before it looks at its conditions. These two contradict each other, so
 * nothing is ever written, and etcd's revision stays as it is.
 */
async function tryWrite(store: Store, key: string): Promise<void> {
  try {
    await store.commit(
      [{ put: key, value: "" }],
      [
        { key, is: "absent" },
        { key, is: "present" },
      ],
    );
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "conflict")) throw error;
  }
}

async function examine(tryIt: () => Promise<unknown>): Promise<Finding> {
  try {
    await tryIt();
    return ok("allowed");
  } catch (error) {
    const code = error instanceof StoreError ? error.code : "failed";
    const reason = error instanceof Error ? error.message : String(error);
    return fail(reason, WHAT_TO_DO.get(code) ?? "see what etcd's own log says");
  }
}

const WHAT_TO_DO = new Map([
  [
    "denied",
    "grant it to this user's role, or say who the user is for by --app or --router-id: docs/etcd.md",
  ],
  ["read-only", "make room: compact, `etcdctl defrag`, `etcdctl alarm disarm`"],
  ["unreachable", "bring back more than half of etcd's members"],
]);
