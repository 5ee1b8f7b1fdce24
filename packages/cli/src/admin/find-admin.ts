import { withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { readReplicas } from "../reading/read-replicas.ts";
import { type AdminListener, askAdmin } from "./admin-listener.ts";
import { type AdminFlags, namedAdmin, tokenOf } from "./admin-options.ts";

const PROBE_MS = 1_000;

/**
 * The admin listener to ask: the one that `--admin` names, else the first that answers of those that the live routers
 * tell in etcd. Throws a CommandError (unreachable) that says what was tried.
 */
export async function findAdmin(flags: AdminFlags): Promise<AdminListener> {
  const named = await namedAdmin(flags);
  if (named !== undefined) return named;
  const token = await tokenOf(flags);
  const { replicas } = await withStore(flags, ({ store, keys }) => readReplicas(store, keys));
  if (replicas.length === 0) {
    throw new CommandError(
      "unreachable",
      `no router is running under ${flags.prefix}; or name one by --admin`,
    );
  }
  const tries = replicas.map(({ admin }) => probe({ url: `http://${admin}`, token }));
  try {
    return await Promise.any(tries);
  } catch {
    const tried = replicas.map(({ id, admin }) => `${id} at ${admin}`).join(", ");
    throw new CommandError(
      "unreachable",
      `no router's admin listener can be reached from here (${tried}): run this beside a router, or name one by --admin`,
    );
  }
}

/** Rejects when it does not answer at once. Whether it lets us in is for the question to find out. */
async function probe(admin: AdminListener): Promise<AdminListener> {
  await askAdmin(admin, { path: "/livez", timeoutMs: PROBE_MS });
  return admin;
}
