import { caddy } from "./caddy.ts";
import type { Contender } from "./contender.ts";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import { forwarder, httpProxy } from "./node-programs.ts";
import { wayleave } from "./wayleave.ts";

/** Every contender, whether it is installed here or not. */
export const CONTENDERS: readonly Contender[] = [wayleave, nginx, haproxy, caddy, httpProxy, forwarder];

/** Those that are installed, with their versions. */
export async function findContenders(): Promise<ReadonlyMap<Contender, string>> {
  const versions = await Promise.all(
    CONTENDERS.map(async (contender) => [contender, await contender.version()] as const),
  );
  return new Map(
    versions.flatMap(([contender, version]) => (version === undefined ? [] : [[contender, version]])),
  );
}
