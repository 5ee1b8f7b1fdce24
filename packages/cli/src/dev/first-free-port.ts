import { createServer } from "node:net";

const TRIES = 100;

/** The first free port on 127.0.0.1 from `wanted` on; 0 stays 0, which takes any. */
export async function firstFreePort(wanted: number): Promise<number> {
  if (wanted === 0) return 0;
  for (let port = wanted; port < wanted + TRIES && port <= 65_535; port++) {
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${wanted} on`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
