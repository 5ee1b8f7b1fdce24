import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

import { guard } from "../wire/guard.ts";
import type { ByteReceiver } from "../wire/shared-read.ts";

/** Makes a secure connection hand its bytes to the receiver; `below` is the connection that it is on. */
export function readSecure(secure: TLSSocket, below: Socket, receiver: ByteReceiver): Socket {
  // A TLSSocket refuses to be reset. That the one below is says the same to the client: this was no orderly end.
  secure.resetAndDestroy = () => {
    below.resetAndDestroy();
    return secure;
  };
  secure.on("data", (chunk: Buffer) => guard(receiver, () => receiver.onBytes(chunk, chunk.length)));
  return secure;
}
