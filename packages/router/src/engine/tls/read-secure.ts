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
  return handBytes(secure, receiver);
}

/** Makes a connection that is read by its stream hand its bytes to the receiver. */
export function handBytes(socket: Socket, receiver: ByteReceiver): Socket {
  return socket.on("data", (chunk: Buffer) => guard(receiver, () => receiver.onBytes(chunk, chunk.length)));
}
