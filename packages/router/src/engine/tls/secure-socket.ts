// The router's side of TLS on an accepted connection. A TLSSocket that is made on another socket hands what it decrypts to
// its stream, in a buffer of its own for each read. So here it is made right on the connection's handle, as Node makes
// one that connects, and reads into the shared buffer.

import type { Socket } from "node:net";
import { TLSSocket, type TLSSocketOptions } from "node:tls";

import { type AcceptedHandle, socketOn } from "../wire/accepted-handle.ts";
import { guard } from "../wire/guard.ts";
import { type ByteReceiver, readShared } from "../wire/shared-read.ts";

/** A secure connection, from the beginning of its handshake. */
export interface SecureSocket extends TLSSocket {
  /** Hands what is read after the handshake to the receiver. Not for HTTP/2, which reads by itself. */
  readTo(receiver: ByteReceiver): TLSSocket;
  /** Sends bytes that are not encrypted, and our end. */
  refuse(alert: Buffer): void;
}

/** Makes a TLSSocket's handle on that of a connection: not documented, and so looked for before it is used. */
const wrapHandle: unknown = Reflect.get(TLSSocket.prototype, "_wrapHandle");

/** How a handshake is to go. */
export interface SecureOptions extends TLSSocketOptions {
  /** What was read of it already. */
  readonly beginning?: Buffer | undefined;
}

/** Begins a handshake on an accepted connection. */
export function openSecure(
  handle: AcceptedHandle,
  options: SecureOptions,
  open = typeof wrapHandle === "function" ? openOnHandle : openOnSocket,
): SecureSocket {
  const secure = open(handle, options);
  // After the handshake Node tells of bytes that cannot be decrypted only by this event; a tls.Server looks for it.
  return secure.on("_tlsError", (error: Error) => secure.destroy(error));
}

/** The same on a socket, for a Node whose TLSSocket is another one than this was written for. */
export function openOnSocket(handle: AcceptedHandle, options: SecureOptions): SecureSocket {
  const accepted = socketOn(handle);
  if (options.beginning !== undefined) accepted.unshift(options.beginning);
  const secure = new TLSSocket(accepted, options);
  return Object.assign(secure, {
    readTo: (receiver: ByteReceiver) => handBytes(secure, receiver),
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

/** What of Node's handle of a TLS connection is used here. */
interface TlsHandle {
  /** Takes bytes as if they had just been read. */
  receive(bytes: Buffer): void;
}

/** The same, on its handle. */
export function openOnHandle(tcp: AcceptedHandle, options: SecureOptions): SecureSocket {
  const onread = readShared({
    onBytes: (bytes, length) => secure.receiver?.onBytes(bytes, length),
    onDefect: (error) => secure.receiver?.onDefect(error),
  });
  const settings = { ...options, tcp, allowHalfOpen: true, onread };
  const secure: SecureOnHandle = Reflect.construct(SecureOnHandle, [undefined, settings]);
  // Without a socket below it takes itself for one that is to connect.
  Reflect.set(secure, "connecting", false);
  if (options.beginning !== undefined) tlsOf(secure)?.receive(options.beginning);
  return secure;
}

class SecureOnHandle extends TLSSocket implements SecureSocket {
  receiver: ByteReceiver | undefined;

  readTo(receiver: ByteReceiver): TLSSocket {
    this.receiver = receiver;
    return this;
  }

  refuse(alert: Buffer): void {
    // The client may be gone; that is heard of above.
    socketOn(tcpBelow(this))
      .on("error", () => undefined)
      .end(alert);
  }

  /** As in {@link openOnSocket}. */
  override resetAndDestroy(): this {
    const [tls, tcp] = [tlsOf(this), tcpBelow(this)];
    // It closes the handle below, as its parent.
    const parent = {
      close: (onClosed: () => void) => void (tcp.reset(onClosed) === 0 || tcp.close(onClosed)),
    };
    if (tls !== null) Reflect.set(tls, "_parent", parent);
    return this.destroy();
  }
}

Reflect.set(SecureOnHandle.prototype, "_wrapHandle", function wrapAccepted(this: SecureOnHandle): unknown {
  return (
    typeof wrapHandle === "function" && Reflect.apply(wrapHandle, this, [undefined, tcpBelow(this), false])
  );
});

function tcpBelow(secure: SecureOnHandle): AcceptedHandle {
  return Reflect.get(secure, "_tlsOptions").tcp;
}

/** null: it is closed. */
function tlsOf(secure: SecureOnHandle): TlsHandle | null {
  return Reflect.get(secure, "_handle");
}
