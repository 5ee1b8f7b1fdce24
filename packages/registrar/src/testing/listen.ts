import { once } from "node:events";
import type { Server } from "node:net";

/** Lets a server listen, by default on a free port of 127.0.0.1, and gives the port. */
export async function listen(server: Server, port = 0, address = "127.0.0.1"): Promise<number> {
  server.listen(port, address);
  await once(server, "listening");
  const bound = server.address();
  if (typeof bound !== "object" || bound === null) throw new Error("the server listens on no TCP port");
  return bound.port;
}
