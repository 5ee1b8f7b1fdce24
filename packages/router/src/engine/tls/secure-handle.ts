// The router's side of TLS on an accepted connection, right on Node's handles: reads go into the shared buffer, and writes to
// the handle (tls-writer.ts).

import type { X509Certificate } from "node:crypto";
import { EventEmitter } from "node:events";
import { TLSSocket } from "node:tls";

import { type AcceptedHandle, writeLast } from "../wire/accepted-handle.ts";
import { type ByteReceiver, type SharedRead, readShared } from "../wire/shared-read.ts";
import { shutdownRequest } from "../wire/write-handle.ts";
import type { SecureOptions, SecureSocket } from "./secure-socket.ts";
import { type TlsHandle, type TlsOwner, putTlsOn } from "./tls-handle.ts";

/** Its events are those of a TLSSocket that has them too: `secure`, `end`, `error`, `close`. */
export class SecureHandle extends EventEmitter implements SecureSocket, TlsOwner {
  readonly connecting = false;
  servername: string | false = false;
  alpnProtocol: string | false = false;
  destroyed = false;
  readonly #tls: TlsHandle;
  readonly #tcp: AcceptedHandle;
  #read: SharedRead | undefined;
  #bytesRead = 0;
  #isSecure = false;
  #hasTheirEnd = false;
  #ourEnd: "none" | "sending" | "sent" = "none";
  /** It is over when our end is sent, whether theirs comes or not. */
  #isLast = false;

  constructor(tcp: AcceptedHandle, options: SecureOptions) {
    super();
    const { secureContext, requestCert, rejectUnauthorized, ALPNProtocols, beginning } = options;
    const tls = putTlsOn(tcp, secureContext, this);
    this.#tcp = tcp;
    this.#tls = tls;
    // As a TLSSocket has it, for who looks there.
    Reflect.set(this, "_handle", tls);
    tls.setALPNProtocols(ALPNProtocols);
    if (requestCert) tls.setVerifyMode(true, rejectUnauthorized);
    tls.receive(beginning);
    tls.readStart();
  }

  /** After a reset there is no peer; after an end there still is, until ours is sent. */
  get isReset(): boolean {
    return this.#ourEnd === "none" && this.#tcp.getpeername({}) !== 0;
  }

  getProtocol(): string | null {
    return this.#tls.getProtocol();
  }

  isSessionReused(): boolean {
    return this.#tls.isSessionReused();
  }

  getPeerX509Certificate(): X509Certificate | undefined {
    // It makes of what the handle gives a class that is Node's own.
    const method: unknown = Reflect.get(TLSSocket.prototype, "getPeerX509Certificate");
    return typeof method === "function" ? Reflect.apply(method, this, []) : undefined;
  }

  setKeepAlive(isOn: boolean, everyMs: number): this {
    this.#tcp.setKeepAlive(isOn, Math.floor(everyMs / 1_000));
    return this;
  }

  pause(): this {
    if (!this.destroyed) this.#tls.readStop();
    return this;
  }

  resume(): this {
    if (!this.destroyed) this.#tls.readStart();
    return this;
  }

  readTo(receiver: ByteReceiver): this {
    this.#read = readShared(receiver);
    this.#tls.useUserBuffer(this.#read.buffer);
    return this;
  }

  toStream(beginning: Buffer): TLSSocket {
    this.resume();
    // It would start to read, and take it for an error that it is read already.
    this.#tls.reading = true;
    const stream: TLSSocket = Reflect.construct(StreamOnHandle, [
      undefined,
      { isServer: true, handle: this.#tls, allowHalfOpen: true, onread: readShared(NOBODY) },
    ]);
    // Without a socket below it takes itself for one that is to connect.
    Reflect.set(stream, "connecting", false);
    Reflect.set(stream, "secureConnecting", false);
    stream.on("_tlsError", (error: Error) => stream.destroy(error));
    this.#tls.onhandshakedone();
    stream.unshift(beginning);
    return stream;
  }

  endWith(bytes: Buffer): void {
    const written = this.#tls.writeLatin1String(null, bytes.toString("latin1"));
    // Sent at once, the end would overtake what waits behind the handshake's own last bytes.
    const end = (): void => void this.end();
    if (typeof written === "number") end();
    else written.oncomplete = end;
  }

  refuse(alert: Buffer): void {
    writeLast(this.#tcp, alert);
  }

  end(): this {
    if (this.destroyed || this.#ourEnd !== "none") return this;
    this.#ourEnd = "sending";
    const status = this.#tls.shutdown(shutdownRequest(() => this.#onEndSent()));
    if (status !== 0) this.#onEndSent();
    return this;
  }

  destroySoon(): void {
    this.#isLast = true;
    if (this.#ourEnd === "sent") this.destroy();
    else this.end();
  }

  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#tcp.close(() => this.#onClosed(error));
    return this;
  }

  resetAndDestroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    const onClosed = (): void => this.#onClosed(undefined);
    if (this.#tcp.reset(onClosed) !== 0) this.#tcp.close(onClosed);
    return this;
  }

  onError(error: Error): void {
    this.destroy(error);
  }

  onHandshakeDone(): void {
    if (this.#isSecure || this.destroyed) return;
    this.#isSecure = true;
    this.servername = this.#tls.getServername();
    this.alpnProtocol = this.#tls.getALPNNegotiatedProtocol();
    this.emit("secure");
  }

  onRead(): void {
    if (this.destroyed) return;
    const { bytesRead } = this.#tls;
    const length = bytesRead - this.#bytesRead;
    this.#bytesRead = bytesRead;
    if (length > 0) this.#read?.callback(length);
    else this.#onTheirEnd();
  }

  #onTheirEnd(): void {
    // Within TLS, and then again that of the connection.
    if (this.#hasTheirEnd) return;
    this.#hasTheirEnd = true;
    this.emit("end");
    if (this.#ourEnd === "sent") this.destroy();
  }

  #onEndSent(): void {
    this.#ourEnd = "sent";
    if (this.#isLast || this.#hasTheirEnd) this.destroy();
  }

  #onClosed(error: Error | undefined): void {
    this.#tls.destroySSL();
    if (error !== undefined) this.emit("error", error);
    this.emit("close");
  }
}

const NOBODY: ByteReceiver = { onBytes: () => undefined, onDefect: () => undefined };

/** A stream on a handle whose handshake is over. */
class StreamOnHandle extends TLSSocket {}

Reflect.set(StreamOnHandle.prototype, "_wrapHandle", function handleGiven(this: StreamOnHandle): unknown {
  return Reflect.get(this, "_tlsOptions").handle;
});
