import { randomInt } from "node:crypto";
import { createServer } from "node:net";

// Below the ephemeral ranges of Linux (32768) and macOS (49152): the kernel hands none of these to an outgoing
// connection or to a listener on port 0, so a stopped server finds its port free when it comes back.
const LOWEST = 15_000;
const HIGHEST = 32_000;

/**
 * Finds a loopback TCP port for a server that must come back on the same one after a restart. Somebody else
 * may take it before it is used, so whoever listens there must be ready to try with another.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`found no free port between ${LOWEST} and ${HIGHEST}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
