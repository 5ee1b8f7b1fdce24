// The router's side of TLS on an accepted connection, from the beginning of its handshake.

import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";

import { type AcceptedHandle, socketOn } from "../wire/accepted-handle.ts";
import { guard } from "../wire/guard.ts";
import type { ByteReceiver } from "../wire/shared-read.ts";
import type { WireConnection } from "../wire/wire-socket.ts";
import { SecureHandle } from "./secure-handle.ts";
import { hasTlsHandles } from "./tls-handle.ts";

/** A secure connection; `secure`, of its events, tells that the handshake is over. What is like a TLSSocket's is as there. */
export interface SecureSocket extends WireConnection {
  readonly servername?: string | false | null;
  readonly alpnProtocol: string | false | null;
  getProtocol(): string | null;
  getPeerX509Certificate(): X509Certificate | undefined;
  isSessionReused(): boolean;
  /** Hands what is read from now on to the receiver. */
  readTo(receiver: ByteReceiver): WireConnection;
  /**
   * The same connection as a stream of Node's for node:http2, which reads these bytes first; whoever listened here hears no more.
   */
  toStream(beginning: Buffer): TLSSocket;
  /** Sends bytes, the first and the last ones, and our end. */
  endWith(bytes: Buffer): void;
  /** Sends bytes that are not encrypted, and our end. */
  refuse(alert: Buffer): void;
}

/** How a handshake is to go. */
export interface SecureOptions {
  readonly secureContext: SecureContext;
  /** By ALPN, as they are on the wire. */
  readonly ALPNProtocols: Buffer;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
  /** What was read of it already. */
  readonly beginning: Buffer;
}

/** Begins a handshake on an accepted connection. */
export function openSecure(
  handle: AcceptedHandle,
  options: SecureOptions,
  open = hasTlsHandles(options.secureContext) ? openOnHandle : openOnSocket,
): SecureSocket {
  return open(handle, options);
}

/** By Node's handles alone. */
export function openOnHandle(handle: AcceptedHandle, options: SecureOptions): SecureSocket {
  return new SecureHandle(handle, options);
}

/** The same on a socket, for a Node whose handles are others than this was written for. */
export function openOnSocket(handle: AcceptedHandle, options: SecureOptions): SecureSocket {
  const accepted = socketOn(handle);
  accepted.unshift(Buffer.from(options.beginning));
  const secure = new TLSSocket(accepted, { ...options, isServer: true });
  // After the handshake Node tells of bytes that cannot be decrypted only by this event; a tls.Server looks for it.
  secure.on("_tlsError", (error: Error) => secure.destroy(error));
  return Object.assign(secure, {
    readTo: (receiver: ByteReceiver) => handBytes(secure, receiver),
    toStream: (beginning: Buffer) => {
      // A tls.Server says so to those that it made; node:http2 waits for it.
      Reflect.set(secure, "secureConnecting", false);
      secure.removeAllListeners("data").pause().unshift(beginning);
      return secure;
    },
    endWith: (bytes: Buffer) => void secure.end(bytes),
    refuse: (alert: Buffer) => void accepted.end(alert),
    // A TLSSocket refuses to be reset. That the one below is says the same to the client: this was no orderly end.
    resetAndDestroy: () => {
      accepted.resetAndDestroy();
      return secure;
    },
  });
}

/** Makes a connection that is read by its stream hand its bytes to the receiver. */
function handBytes<S extends Socket>(socket: S, receiver: ByteReceiver): S {
  return socket.on("data", (chunk: Buffer) => guard(receiver, () => receiver.onBytes(chunk, chunk.length)));
}
