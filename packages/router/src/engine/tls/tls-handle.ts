// Node's own handle of a TLS connection, below its TLSSocket, on the handle of an accepted connection. A TLSSocket is a
// stream, with all that streams keep books of; to make one, and to end it, took a sixth of a handshake's CPU time. None of
// this is documented, so it is looked at before it is used.

import { type SecureContext, TLSSocket } from "node:tls";

import type { AcceptedHandle } from "../wire/accepted-handle.ts";
import {
  type ShutdownRequest,
  type WriteHandle,
  canWriteToHandles,
  isWriteHandle,
} from "../wire/write-handle.ts";

/** Whom a handle tells what happens; within its calls, so that nothing may be thrown. */
export interface TlsOwner {
  /** With no new bytes: the client's end, or an error. */
  onRead(): void;
  /** Again when keys are updated. */
  onHandshakeDone(): void;
  onError(error: Error): void;
}

/** What of Node's handle of a TLS connection is used here. */
export interface TlsHandle extends WriteHandle {
  owner: TlsOwner;
  /** Of all that was decrypted. */
  readonly bytesRead: number;
  /** For streams. */
  reading: boolean;
  readStart(): void;
  readStop(): void;
  /** Has all reads go into this buffer. */
  useUserBuffer(buffer: Buffer): void;
  /** Takes bytes as if they had just been read. */
  receive(bytes: Buffer): void;
  /** Sends our end. Other than 0: it is done, or there is nobody to send it to. */
  shutdown(request: ShutdownRequest): number;
  setALPNProtocols(protocols: Buffer): void;
  setVerifyMode(isRequested: boolean, isRequired: boolean): void;
  getServername(): string | false;
  getALPNNegotiatedProtocol(): string | false;
  getProtocol(): string | null;
  isSessionReused(): boolean;
  destroySSL(): void;
  onhandshakedone(): void;
}

const METHODS = `readStart readStop useUserBuffer receive shutdown setALPNProtocols setVerifyMode
  getServername getALPNNegotiatedProtocol getProtocol isSessionReused destroySSL`.split(/\s+/);
const wrapHandle: unknown = Reflect.get(TLSSocket.prototype, "_wrapHandle");
let isUsable: boolean | undefined;

/** Whether Node's handles are as this was written for; looks at one, once. */
export function hasTlsHandles(context: SecureContext): boolean {
  isUsable ??= canWriteToHandles && looksUsable(context);
  return isUsable;
}

const OPTIONS: { isServer: true; secureContext?: SecureContext } = { isServer: true };

/**
 * What Node takes for the socket of each handle that it makes: where it looks for options, and leaves the handle. One for all:
 * from Node's accessors on the handle below, which V8 makes in the old generation, each would hold its connection.
 */
const SOCKET = { _tlsOptions: OPTIONS, listenerCount: () => 1 };

/** Puts the router's side of TLS on an accepted connection; only where there are such handles. */
export function putTlsOn(tcp: AcceptedHandle, secureContext: SecureContext, owner: TlsOwner): TlsHandle {
  if (typeof wrapHandle !== "function") throw new TypeError("no TLS handles");
  OPTIONS.secureContext = secureContext;
  const handle: TlsHandle = Reflect.apply(wrapHandle, SOCKET, [undefined, tcp, false]);
  return Object.assign(handle, { owner }, CALLS);
}

/** What the handle calls, by the names that it knows. Four functions of each connection's own took longer to make. */
const CALLS = {
  onread(this: TlsHandle): void {
    this.owner.onRead();
  },
  onhandshakedone(this: TlsHandle): void {
    this.owner.onHandshakeDone();
  },
  onerror(this: TlsHandle, error: Error): void {
    this.owner.onError(error);
  },
};

function looksUsable(secureContext: SecureContext): boolean {
  if (typeof wrapHandle !== "function") return false;
  const socket = new TLSSocket(undefined!, { isServer: true, secureContext });
  const handle: unknown = Reflect.get(socket, "_handle");
  socket.destroy();
  return (
    isWriteHandle(handle) &&
    typeof Reflect.get(handle, "bytesRead") === "number" &&
    METHODS.every((name) => typeof Reflect.get(handle, name) === "function")
  );
}
