import { once } from "node:events";
import { createServer } from "node:net";

import { RegistrarError } from "./registrar-error.ts";

/** A TCP port that nobody listened on just now, picked by the operating system. */
export async function pickFreePort(): Promise<number> {
  return listenOnce(0);
}

/**
 * Rejects with a RegistrarError `port-in-use` when another program listens on the port: it would be
 * found accepting at once, and be registered in place of the program that is still to start. A port
 * that we may not bind (below 1024) is left for the program to try.
 */
export async function refusePortInUse(port: number): Promise<void> {
  try {
    await listenOnce(port);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) return;
    throw new RegistrarError("port-in-use", `another program listens on port ${port} already`, {
      cause: error,
    });
  }
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer().listen({ port, exclusive: true });
  await once(server, "listening");
  const bound = server.address();
  server.close();
  await once(server, "close");
  return typeof bound === "object" && bound !== null ? bound.port : port;
}
