// Request path 1 of 7, before it: what a client of HTTP/2 says first. Who is ended because he floods comes again, and floods
// at once: that is seen here, before there is a session and streams, which would cost far more than to look.

import type { TLSSocket } from "node:tls";

import type { Client } from "../../request/exchange.ts";
import type { Secured } from "../tls/handshake.ts";
import type { SecureSocket } from "../tls/secure-socket.ts";
import type { Turnstile } from "../tls/turnstile.ts";
import { Deadline, type DeadlineOwner } from "../wire/deadlines.ts";
import { guard } from "../wire/guard.ts";
import { ignore } from "../wire/ignore.ts";
import type { OpenConnection } from "../wire/open-connection.ts";
import type { ByteReceiver } from "../wire/shared-read.ts";
import { FirstFrames } from "./first-frames.ts";
import type { FloodKind } from "./flood-watch.ts";
import type { Http2Connections } from "./http2-connection.ts";

/** What all of a listener share. */
export interface FirstFlights extends Http2Connections {
  /** A session is made behind it. */
  readonly turnstile: Turnstile;
  /** It is no flood: the connection, which begins with what was read of it, is out of its hands. */
  onReady(flight: FirstFlight, ready: { readonly socket: TLSSocket; readonly client: Client }): void;
  /** The connection ended before. */
  onClosed(flight: FirstFlight): void;
}

/** Who asks for nothing at once may do so now; others wait for our settings, and no longer than this. */
const GATHER_MS = 1;
/** No more is read until there is a session. */
const MAX_BYTES = 16 * 1024;
const MAX_PIECES = 100;
/** Fields of a head that is refused anyway: that many are named to keep the router busy. */
const MANY_FIELDS = 1_000;
/** Our settings, which are to come first, and GOAWAY with ENHANCE_YOUR_CALM (RFC 9113 sections 6.5, 6.8 and 7). */
const CALM_DOWN = Buffer.from("000000040000000000000008070000000000000000000000000b", "hex");
/** He can read that so long, and what he sends is read no more. */
const LINGER_MS = 100;

/** Holds the first bytes of one connection, until they are given on with it. */
export class FirstFlight implements OpenConnection, ByteReceiver, DeadlineOwner {
  before: OpenConnection | undefined;
  behind: OpenConnection | undefined;
  readonly #shared: FirstFlights;
  readonly #secure: SecureSocket;
  readonly #client: Client;
  readonly #deadline: Deadline;
  readonly #frames: FirstFrames;
  #bytes: Buffer = Buffer.alloc(0);
  #pieces = 0;
  #gathering: NodeJS.Timeout | undefined;
  #state: "gathering" | "waiting" | "over" = "gathering";

  constructor(shared: FirstFlights, { secure, client }: Secured) {
    this.#shared = shared;
    this.#secure = secure;
    this.#client = client;
    const { headMs, maxHeaders } = shared.listenerPolicy();
    this.#frames = new FirstFrames(Math.max(MANY_FIELDS, maxHeaders));
    this.#deadline = new Deadline(shared.deadlines, this);
    this.#deadline.set(headMs);
    secure.on("error", ignore).on("end", this.#onEnd).on("close", this.#onClose);
    secure.readTo(this);
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.#state === "over") return;
    this.#bytes = Buffer.concat([this.#bytes, bytes.subarray(0, length)]);
    this.#pieces += 1;
    const isFull = this.#bytes.length >= MAX_BYTES || this.#pieces >= MAX_PIECES;
    if (isFull) this.#secure.pause();
    const flood = this.#frames.read(this.#bytes);
    if (flood !== undefined) this.#endFlood(flood);
    else if (this.#frames.isUrgent || isFull) this.#pass();
    else if (this.#frames.hasBegun) this.#gathering ??= setTimeout(() => this.#pass(), GATHER_MS);
  }

  onDeadline(): void {
    this.#secure.destroy();
  }

  onDefect(error: unknown): void {
    this.#secure.destroy();
    const detail = error instanceof Error ? error.stack : String(error);
    this.#shared.exchanges.refuse("internal", this.#client, detail).finish({ bytesIn: 0, bytesOut: 0 });
  }

  /** Gives on what there is: its session says that the router closes. */
  close(): void {
    if (this.#state !== "over" && this.#frames.hasBegun) this.#giveOn();
    else this.destroy();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#secure.destroy();
  }

  #pass(): void {
    if (this.#state !== "gathering") return;
    this.#state = "waiting";
    this.#shared.turnstile.pass(() => guard(this, () => this.#giveOn()));
  }

  #giveOn(): void {
    if (this.#state === "over" || this.#secure.destroyed) return;
    this.#end();
    this.#secure.off("error", ignore).off("end", this.#onEnd).off("close", this.#onClose);
    const socket = this.#secure.toStream(this.#bytes);
    this.#shared.onReady(this, { socket, client: this.#client });
  }

  #endFlood(kind: FloodKind): void {
    this.#end();
    this.#shared.connectionObserver.flooded(kind);
    this.#secure.pause();
    this.#secure.endWith(CALM_DOWN);
    this.#deadline.set(LINGER_MS);
  }

  #end(): void {
    this.#state = "over";
    clearTimeout(this.#gathering);
    this.#deadline.destroy();
  }

  readonly #onEnd = (): void => void this.#secure.destroy();

  readonly #onClose = (): void => {
    this.#end();
    this.#shared.onClosed(this);
  };
}
