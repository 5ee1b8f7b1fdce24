import { type Health, statusSchema } from "@wayleave/records/api";

import { askAdmin } from "../admin/admin-listener.ts";
import type { ReadReplicas } from "../reading/read-replicas.ts";

// A status has to be there within a second; what a router does not say by then is told as not known.
const TIMEOUT_MS = 700;

/** What a router says of itself, or why it could not be asked. */
export interface RouterSaid {
  readonly health?: Health;
  readonly error?: string;
}

/** Asks every live router by the address that it tells in etcd, all at once. Never throws. */
export async function askRouters(
  replicas: ReadReplicas["replicas"],
  token: string | undefined,
): Promise<Map<string, RouterSaid>> {
  const said = await Promise.all(
    replicas.map(async ({ id, admin }) => [id, await askRouter(`http://${admin}`, token)] as const),
  );
  return new Map(said);
}

async function askRouter(url: string, token: string | undefined): Promise<RouterSaid> {
  try {
    const answer = await askAdmin({ url, token }, { path: "/api/status", timeoutMs: TIMEOUT_MS });
    return { health: statusSchema.parse(answer).health };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
