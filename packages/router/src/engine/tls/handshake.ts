// Request path 1 of 7, before it: a connection that is to become a secure one. Its client may have to say by a PROXY
// header who it is, in plain, before its first byte of TLS.

import type { SecureContext } from "node:tls";

import type { Client } from "../../request/exchange.ts";
import type { ClientAuthority } from "../../table/table-change.ts";
import { parseProxyHeader } from "../proxy-protocol.ts";
import { Deadline, type DeadlineOwner, type Deadlines } from "../wire/deadlines.ts";
import type { AcceptedHandle } from "../wire/accepted-handle.ts";
import { guard } from "../wire/guard.ts";
import type { OpenConnection } from "../wire/open-connection.ts";
import { readServername } from "./client-hello.ts";
import { plainAlert, readClientPeer } from "./client-peer.ts";
import { type FirstBytes, type FirstBytesOwner, readFirstBytes } from "./first-bytes.ts";
import { type HandshakeFailure, classifyHandshake } from "./handshake-failure.ts";
import { type SecureSocket, openSecure } from "./secure-socket.ts";
import type { Turnstile } from "./turnstile.ts";

/** Which certificate a handshake gets. */
export interface HandshakeContexts {
  /** For a client that names no host, and one that does not speak TLS. */
  readonly unnamed: SecureContext;
  /** For the host that the client names; undefined: the handshake is refused. "": only whether there is one. */
  forHost(servername: string): SecureContext | undefined;
  /** Clients are asked for a certificate; undefined: they are not. */
  readonly clientAuthority?: Pick<ClientAuthority, "isRequired"> | undefined;
}

/** What all handshakes of a listener share. */
export interface Handshakes {
  readonly contexts: HandshakeContexts;
  /** What computes is behind it: the signature, and the keys. */
  readonly turnstile: Turnstile;
  /** By ALPN, as they are on the wire: each behind its length. */
  readonly protocols: Buffer;
  readonly deadlines: Deadlines;
  readonly proxyProtocol: boolean;
  /** From the first byte to the end of the handshake; milliseconds. */
  readonly limitMs: () => number;
  /** The handshake is over, and the connection out of its hands. */
  onSecured(handshake: Handshake, secured: Secured): void;
  /** The connection ended before; undefined: the router itself ended it, as it closes. */
  onFailed(handshake: Handshake, failure: FailedHandshake | undefined): void;
}

/** Why a handshake came to nothing. */
export interface FailedHandshake {
  readonly kind: HandshakeFailure;
  /** The client's. */
  readonly address: string;
  readonly detail?: string;
}

/** A connection after its handshake. */
export interface Secured {
  readonly secure: SecureSocket;
  readonly client: Client;
}

const UNRECOGNIZED_NAME = plainAlert(112);
const HANDSHAKE_FAILURE = plainAlert(40);
const EMPTY = Buffer.alloc(0);
const NONE_SHOWN = "none was shown";
/** The alert is to arrive before the reset that closing with unread bytes may cause. */
const REFUSED_MS = 1_000;

/** One handshake, from the accepted connection to the secure one. */
export class Handshake implements OpenConnection, FirstBytesOwner, DeadlineOwner {
  before: OpenConnection | undefined;
  behind: OpenConnection | undefined;
  readonly #shared: Handshakes;
  readonly #first: FirstBytes;
  /** From then on it is in its hands. */
  #secure: SecureSocket | undefined;
  /** What was read of it and not taken yet. */
  #before: Buffer = EMPTY;
  #awaitsProxyHeader: boolean;
  /** Its first bytes are all there; it has its turn soon. */
  #isWaiting = false;
  readonly #deadline: Deadline;
  #client: Client;
  #isOver = false;
  /** What ended it, as far as it is known. */
  #failure: Pick<FailedHandshake, "kind" | "detail"> | undefined;
  #isClosing = false;
  /** As the client names it; "": it does not. */
  #servername = "";

  constructor(shared: Handshakes, handle: AcceptedHandle, client: Client) {
    this.#shared = shared;
    this.#client = client;
    this.#deadline = new Deadline(shared.deadlines, this);
    this.#deadline.set(shared.limitMs());
    this.#awaitsProxyHeader = shared.proxyProtocol;
    this.#first = readFirstBytes(handle, this);
  }

  onFirstBytes(bytes: Buffer): void {
    guard(this, () => this.#read(bytes));
  }

  /** Nobody will answer what the router says. */
  onGone(): void {
    this.#socket.destroy();
  }

  onClose(): void {
    if (!this.#end()) return;
    const { address } = this.#client;
    const failure = { kind: "client-gone", address, ...this.#failure } as const;
    this.#shared.onFailed(this, this.#isClosing ? undefined : failure);
  }

  onDeadline(): void {
    this.#failure ??= { kind: "timeout" };
    this.#socket.destroy();
  }

  /** The client sees a connection that ends in its handshake. */
  onDefect(): void {
    this.#failure ??= { kind: "other" };
    this.#socket.destroy();
  }

  /** The router closes; nothing was asked of it yet. */
  close(): void {
    this.destroy();
  }

  /** Ends the connection. */
  destroy(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  get #socket(): FirstBytes | SecureSocket {
    return this.#secure ?? this.#first;
  }

  readonly #onClose = (): void => this.onClose();

  readonly #onEnd = (): void => this.onGone();

  readonly #onError = (error: Error): void => {
    // "close" follows, and says the rest.
    const kind = classifyHandshake(error);
    // Without a certificate OpenSSL finds no suite.
    const isWithout = kind === "no-common-suite" && this.#servername === "" && this.#lacksDefault();
    this.#failure ??= {
      kind: isWithout ? "no-certificate" : kind,
      ...(kind === "client-certificate" && { detail: NONE_SHOWN }),
    };
  };

  #lacksDefault(): boolean {
    return this.#shared.contexts.forHost("") === undefined;
  }

  #read(bytes: Buffer): void {
    if (this.#failure !== undefined) return;
    const all = this.#before === EMPTY ? bytes : Buffer.concat([this.#before, bytes]);
    const hello = this.#awaitsProxyHeader ? this.#readProxyHeader(all) : all;
    // The next ones will lie where these do.
    this.#before = Buffer.from(hello ?? all);
    const servername = hello === undefined || this.#isWaiting ? undefined : readServername(hello);
    if (servername === undefined) return;
    this.#isWaiting = true;
    this.#servername = servername;
    this.#shared.turnstile.pass(() => guard(this, () => this.#begin()));
  }

  /** What is behind the header; undefined: it is not there yet, or a bad one. */
  #readProxyHeader(bytes: Buffer): Buffer | undefined {
    const header = parseProxyHeader(bytes);
    if (header.kind === "incomplete") return undefined;
    if (header.kind === "invalid") {
      this.#failure = { kind: "proxy-header" };
      this.#first.destroy();
      return undefined;
    }
    if (header.kind === "client") {
      const { address, port, localPort } = header;
      this.#client = { ...this.#client, address, port, localPort };
    }
    this.#awaitsProxyHeader = false;
    return bytes.subarray(header.bytes);
  }

  #begin(): void {
    if (this.#isOver || this.#isClosing || this.#failure !== undefined) return;
    const { contexts, protocols } = this.#shared;
    const { clientAuthority } = contexts;
    const servername = this.#servername;
    const secureContext = servername === "" ? contexts.unnamed : contexts.forHost(servername);
    if (secureContext === undefined) return this.#refuse("no-certificate", UNRECOGNIZED_NAME);
    const secure = openSecure(this.#first.take(), {
      beginning: this.#before,
      requestCert: clientAuthority !== undefined,
      rejectUnauthorized: clientAuthority?.isRequired === true,
      secureContext,
      ALPNProtocols: protocols,
    });
    this.#secure = secure;
    secure.on("error", this.#onError).on("close", this.#onClose).on("end", this.#onEnd);
    secure.once("secure", () => guard(this, () => this.#onSecure(secure, clientAuthority)));
  }

  #onSecure(secure: SecureSocket, clientAuthority: HandshakeContexts["clientAuthority"]): void {
    const servername = this.#servername;
    // OpenSSL read the same bytes. (Of a session of TLS 1.2 that is resumed it does not tell the host.) Were there a
    // difference, nobody must get a host by the certificate of another one.
    if (secure.servername && secure.servername !== servername) {
      this.#failure = { kind: "other" };
      return void secure.destroy();
    }
    if (clientAuthority !== undefined && !this.#admits(secure, clientAuthority)) return;
    if (!this.#end()) return;
    secure.off("close", this.#onClose).off("end", this.#onEnd);
    if (servername !== "") this.#client = { ...this.#client, servername: servername.toLowerCase() };
    this.#shared.onSecured(this, { secure, client: this.#client });
  }

  /** Learns who the client is by its certificate. False: it is refused. */
  #admits(secure: SecureSocket, { isRequired }: Pick<ClientAuthority, "isRequired">): boolean {
    const peer = readClientPeer(secure, Date.now());
    if (peer.kind === "known") {
      this.#client = { ...this.#client, certificate: peer.certificate };
      return true;
    }
    if (peer.kind === "unknown" && !isRequired) return true;
    // In the full handshake of TLS 1.2 our last flight is not written yet, and the client takes an alert in plain. Else
    // it would have to be encrypted, and Node knows no way to: then all that is said is the end of the connection.
    const isPlain = secure.getProtocol() === "TLSv1.2" && !secure.isSessionReused();
    const alert = peer.kind === "refused" ? peer.alert : HANDSHAKE_FAILURE;
    const detail = peer.kind === "refused" ? peer.reason : NONE_SHOWN;
    if (isPlain) this.#refuse("client-certificate", alert);
    else secure.end();
    this.#failure = { kind: "client-certificate", detail };
    this.#deadline.set(REFUSED_MS);
    return false;
  }

  /** The connection is not destroyed with a reset: its client would not see why. */
  #refuse(kind: HandshakeFailure, alert: Buffer): void {
    this.#failure = { kind };
    this.#socket.refuse(alert);
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
