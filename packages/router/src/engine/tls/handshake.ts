// Request path 1 of 7, before it: a connection that is to become a secure one. Its client may have to say by a PROXY
// header who it is, in plain, before its first byte of TLS.

import type { Socket } from "node:net";
import { type SecureContext, TLSSocket, type TLSSocketOptions } from "node:tls";

import type { Client } from "../../request/exchange.ts";
import type { ClientAuthority } from "../../table/table-change.ts";
import { parseProxyHeader } from "../proxy-protocol.ts";
import { Deadline, type DeadlineOwner, type Deadlines } from "../wire/deadlines.ts";
import { guard } from "../wire/guard.ts";
import { plainAlert, readClientPeer } from "./client-peer.ts";

/** Which certificate a handshake gets. */
export interface HandshakeContexts {
  /** What it begins with; it stays so when the client names no host. */
  readonly initial: SecureContext;
  /** For the host that the client names; undefined: the handshake is refused. */
  forHost(servername: string): SecureContext | undefined;
  /** Clients are asked for a certificate; undefined: they are not. */
  readonly clientAuthority?: Pick<ClientAuthority, "isRequired"> | undefined;
}

/** What all handshakes of a listener share. */
export interface Handshakes {
  readonly contexts: HandshakeContexts;
  readonly protocols: readonly string[];
  readonly deadlines: Deadlines;
  readonly proxyProtocol: boolean;
  /** From the first byte to the end of the handshake; milliseconds. */
  readonly limitMs: () => number;
  /** The handshake is over, and the connection out of its hands. */
  onSecured(handshake: Handshake, secured: Secured): void;
  /** The connection ended before. */
  onFailed(handshake: Handshake): void;
}

/** A connection after its handshake. */
export interface Secured {
  readonly secure: TLSSocket;
  /** The connection that it is on. */
  readonly below: Socket;
  readonly client: Client;
}

const UNRECOGNIZED_NAME = plainAlert(112);
const HANDSHAKE_FAILURE = plainAlert(40);
/** The alert is to arrive before the reset that closing with unread bytes may cause. */
const REFUSED_MS = 1_000;

/** One handshake, from the accepted connection to the secure one. */
export class Handshake implements DeadlineOwner {
  readonly #shared: Handshakes;
  readonly #socket: Socket;
  readonly #deadline: Deadline;
  #client: Client;
  #isOver = false;

  constructor(shared: Handshakes, socket: Socket, client: Client) {
    this.#shared = shared;
    this.#socket = socket;
    this.#client = client;
    this.#deadline = new Deadline(shared.deadlines, this);
    this.#deadline.set(shared.limitMs());
    socket.on("error", ignore);
    socket.on("close", this.#onClose);
    socket.on("end", this.#onEnd);
    if (shared.proxyProtocol) this.#awaitProxyHeader(Buffer.alloc(0));
    else this.#begin();
  }

  onDeadline(): void {
    this.destroy();
  }

  /** The client sees a connection that ends in its handshake. */
  onDefect(): void {
    this.destroy();
  }

  /** The router closes; nothing was asked of it yet. */
  close(): void {
    this.destroy();
  }

  /** Ends the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onClose = (): void => {
    if (this.#end()) this.#shared.onFailed(this);
  };

  /** Nobody will answer what the router says. */
  readonly #onEnd = (): void => this.destroy();

  #awaitProxyHeader(before: Buffer): void {
    this.#socket.once("data", (chunk: Buffer) => {
      this.#socket.pause();
      guard(this, () => this.#readProxyHeader(Buffer.concat([before, chunk])));
    });
    this.#socket.resume();
  }

  #readProxyHeader(bytes: Buffer): void {
    const header = parseProxyHeader(bytes);
    if (header.kind === "invalid") return void this.#socket.destroy();
    if (header.kind === "incomplete") return this.#awaitProxyHeader(bytes);
    if (header.kind === "client") {
      const { address, port, localPort } = header;
      this.#client = { ...this.#client, address, port, localPort };
    }
    if (header.bytes < bytes.length) this.#socket.unshift(bytes.subarray(header.bytes));
    this.#begin();
  }

  #begin(): void {
    const { contexts, protocols } = this.#shared;
    const { clientAuthority } = contexts;
    const options: TLSSocketOptions = {
      isServer: true,
      requestCert: clientAuthority !== undefined,
      rejectUnauthorized: clientAuthority?.isRequired === true,
      secureContext: contexts.initial,
      ALPNProtocols: [...protocols],
      SNICallback: (servername, done) => {
        guard(this, () => {
          const context = contexts.forHost(servername);
          if (context === undefined) this.#refuse(UNRECOGNIZED_NAME);
          else done(null, context);
        });
      },
    };
    const secure = new TLSSocket(this.#socket, options);
    secure.on("error", ignore);
    secure.on("close", this.#onClose);
    secure.on("end", this.#onEnd);
    secure.once("secure", () => guard(this, () => this.#onSecure(secure, clientAuthority)));
  }

  #onSecure(secure: TLSSocket, clientAuthority: HandshakeContexts["clientAuthority"]): void {
    const { servername } = secure;
    const isNamed = typeof servername === "string" && servername !== "";
    // OpenSSL asks nobody for the certificate of a session that is resumed; it may be gone since. (Under TLS 1.2 it does
    // not tell the host of such a session either.)
    if (isNamed && secure.isSessionReused() && this.#shared.contexts.forHost(servername) === undefined) {
      return void secure.destroy();
    }
    if (clientAuthority !== undefined && !this.#admits(secure, clientAuthority)) return;
    if (!this.#end()) return;
    for (const socket of [secure, this.#socket]) socket.off("close", this.#onClose).off("end", this.#onEnd);
    // A tls.Server says so to those that it made; node:http2 waits for it.
    Reflect.set(secure, "secureConnecting", false);
    if (isNamed) this.#client = { ...this.#client, servername: servername.toLowerCase() };
    this.#shared.onSecured(this, { secure, below: this.#socket, client: this.#client });
  }

  /** Learns who the client is by its certificate. False: it is refused. */
  #admits(secure: TLSSocket, { isRequired }: Pick<ClientAuthority, "isRequired">): boolean {
    const peer = readClientPeer(secure, Date.now());
    if (peer.kind === "known") {
      this.#client = { ...this.#client, certificate: peer.certificate };
      return true;
    }
    if (peer.kind === "unknown" && !isRequired) return true;
    // In the full handshake of TLS 1.2 our last flight is not written yet, and the client takes an alert in plain. Else
    // it would have to be encrypted, and Node knows no way to: then all that is said is the end of the connection.
    const isPlain = secure.getProtocol() === "TLSv1.2" && !secure.isSessionReused();
    if (isPlain) this.#refuse(peer.kind === "refused" ? peer.alert : HANDSHAKE_FAILURE);
    else secure.end();
    this.#deadline.set(REFUSED_MS);
    return false;
  }

  /** The connection is not destroyed with a reset: its client would not see why. */
  #refuse(alert: Buffer): void {
    this.#socket.write(alert);
    this.#socket.end();
    this.#deadline.set(REFUSED_MS);
  }

  /** False: it was over already. */
  #end(): boolean {
    const wasRunning = !this.#isOver;
    this.#isOver = true;
    this.#deadline.destroy();
    return wasRunning;
  }
}

function ignore(): void {
  // "close" follows, and says all there is to say.
}
