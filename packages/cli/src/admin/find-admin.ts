import { withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { readReplicas } from "../reading/read-replicas.ts";
import { type AdminListener, askAdmin } from "./admin-listener.ts";
import { type AdminFlags, namedAdmin, tokenOf } from "./admin-options.ts";

const PROBE_MS = 1_000;

/**
 * The admin listeners to ask: the one that `--admin` names, else those that answer of all that the live routers tell in
 * etcd; at least one. Throws a CommandError (unreachable) that says what was tried.
 */
export async function findAdmins(flags: AdminFlags): Promise<readonly AdminListener[]> {
  const named = await namedAdmin(flags);
  if (named !== undefined) return [named];
  const token = await tokenOf(flags);
  const { replicas } = await withStore(flags, ({ store, keys }) => readReplicas(store, keys));
  if (replicas.length === 0) {
    throw new CommandError(
      "unreachable",
      `no router is running under ${flags.prefix}; one that has no etcd is named by --admin`,
    );
  }
  const tries = await Promise.all(replicas.map(({ admin }) => probe({ url: `http://${admin}`, token })));
  const found = tries.filter((admin) => admin !== undefined);
  if (found.length > 0) return found;
  const tried = replicas.map(({ id, admin }) => `${id} at ${admin}`).join(", ");
  throw new CommandError(
    "unreachable",
    `no router's admin listener can be reached from here (${tried}): run this beside a router, or name one by --admin`,
  );
}

/** Undefined when it does not answer at once. Whether it lets us in is for the question to find out. */
async function probe(admin: AdminListener): Promise<AdminListener | undefined> {
  try {
    await askAdmin(admin, { path: "/livez", timeoutMs: PROBE_MS });
    return admin;
  } catch {
    return undefined;
  }
}
