import { once } from "node:events";
import { connect } from "node:net";

import { hostOf, portOf } from "./endpoints.ts";
import { readFailure } from "./etcd-failure.ts";
import { StoreError } from "./store.ts";

/**
 * The address of this machine that the kernel takes to reach one of the endpoints, the first that accepts a
 * connection. Throws a StoreError `unreachable` when none does.
 */
export async function localAddress(endpoints: readonly string[], timeoutMs: number): Promise<string> {
  const reasons: string[] = [];
  for (const endpoint of endpoints) {
    try {
      return await localAddressTo(endpoint, timeoutMs / endpoints.length);
    } catch (error) {
      reasons.push(`${endpoint}: ${readFailure(error).text}`);
    }
  }
  throw new StoreError("unreachable", `no etcd endpoint accepts a connection (${reasons.join("; ")})`);
}

async function localAddressTo(endpoint: string, timeoutMs: number): Promise<string> {
  // One address after the other, so that the error is one too.
  const socket = connect({ host: hostOf(endpoint), port: portOf(endpoint), autoSelectFamily: false });
  socket.on("error", () => {}); // it is told by the event below, or came too late to matter
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(timeoutMs) });
    if (socket.localAddress === undefined) throw new Error("the connection was closed at once");
    return socket.localAddress.replace(/^::ffff:(?=\d+\.)/, "");
  } finally {
    socket.destroy();
  }
}
