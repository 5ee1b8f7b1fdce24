// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.
// One HTTP/2 connection to a client (RFC 9113): node:http2 reads its frames, and each stream of it is an exchange.

import {
  type ServerHttp2Session,
  type ServerHttp2Stream,
  constants,
  performServerHandshake,
} from "node:http2";
import type { TLSSocket } from "node:tls";

import type { Client, Exchanges } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import type { ListenerPolicy } from "../../table/policy.ts";
import type { ConnectionObserver } from "../connection-observer.ts";
import { Deadline, type DeadlineOwner } from "../wire/deadlines.ts";
import { guard } from "../wire/guard.ts";
import { ignore } from "../wire/ignore.ts";
import { LinkedList } from "../wire/linked-list.ts";
import type { OpenConnection } from "../wire/open-connection.ts";
import type { RequestHeadRead } from "../wire/read-request-head.ts";
import type { RelayContext } from "../wire/relay-client.ts";
import { ClientStream } from "./client-stream.ts";
import { type FloodKind, FloodWatch } from "./flood-watch.ts";
import type { FrameWatch, Watched } from "./frame-watch.ts";
import { readStreamHead } from "./stream-head.ts";

/** What all HTTP/2 connections of an engine share. */
export interface Http2Connections extends RelayContext {
  readonly exchanges: Exchanges;
  readonly listenerPolicy: () => ListenerPolicy;
  readonly connectionObserver: Pick<ConnectionObserver, "flooded">;
  readonly frameWatch: FrameWatch;
}

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = constants;
/** Exchanges at once on one connection. */
const MAX_STREAMS = 100;
/** Pings in one turn: who waits for the answer before the next one has one or two. */
const MAX_PINGS_A_TURN = 50;
/** Requests that begin in one turn: other connections have theirs in between. */
const BEGIN_AT_ONCE = 10;
/** Of requests that wait to begin some were taken back, when there are more. */
const MAX_ARRIVING = MAX_STREAMS + 50;
/** So many resets counts one of a request that was not begun yet: hardly anybody changes his mind as fast as that. */
const TAKEN_BACK = 4;
/** Clients say what they have taken of an answer: much less than that. */
const FRAMES_FOR_ANSWERS = 1 / 4;
/** What a client may send on one stream before an instance has taken it; and on all streams together. */
const STREAM_WINDOW_BYTES = 256 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
/** Node counts its own 32 bytes for each field. A head between our limit and this one is answered with 431. */
const HEAD_SLACK = 2;
const MAX_INVALID_FRAMES = 100;
const MAX_REFUSED_STREAMS = 20;
/** nghttp2's own limit would be 33, however many requests there are. */
const MAX_RESETS_A_SECOND = 1_000;
/** When all is said, the client has this long to read it: Node would wait for ever for one that does not read. */
const LINGER_MS = 2_000;

/** A stream that has begun. */
interface Arrived {
  readonly stream: ServerHttp2Stream;
  readonly raw: readonly string[];
}

/** Reads requests off one connection. */
export class Http2Connection implements OpenConnection, DeadlineOwner, Watched {
  before: OpenConnection | undefined;
  behind: OpenConnection | undefined;
  readonly #shared: Http2Connections;
  readonly #client: Client;
  readonly #socket: TLSSocket;
  readonly #session: ServerHttp2Session;
  readonly #deadline: Deadline;
  readonly #floods = new FloodWatch();
  readonly #streams = new LinkedList<ClientStream>();
  /** Not begun yet. */
  readonly #arrived: Arrived[] = [];
  #isBeginning = false;
  #pingsInTurn = 0;
  /** Bytes of requests, as far as their streams are closed; and those that all frames were at the last look. */
  #requestBytes = 0;
  #wastedBytes = 0;
  #isEnding = false;

  constructor(shared: Http2Connections, socket: TLSSocket, client: Client, onClosed: () => void) {
    this.#shared = shared;
    this.#socket = socket;
    this.#client = client;
    this.#deadline = new Deadline(shared.deadlines, this);
    const policy = shared.listenerPolicy();
    this.#deadline.set(policy.headMs);
    this.#session = performServerHandshake(socket, optionsFor(policy));
    this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    this.#session.on("stream", (stream, _headers, _flags, raw) =>
      guard(this, () => this.#onStream({ stream, raw: raw ?? [] })),
    );
    this.#session.on("ping", () => this.#onPing());
    this.#session.on("remoteSettings", () => this.#count("settings"));
    this.#session.on("error", ignore);
    // The socket may be half open, for HTTP/1.1; who has ended here waits for nothing any more.
    socket.on("end", () => socket.destroy());
    const watch = shared.frameWatch.add(this);
    this.#session.on("close", () => {
      this.#deadline.destroy();
      shared.frameWatch.delete(watch);
      onClosed();
    });
  }

  /** No stream is open, and none was for a while; or the client does not take the end. */
  onDeadline(): void {
    if (this.#isEnding) this.#socket.destroy();
    else this.#end();
  }

  onDefect(error: unknown): void {
    this.destroy();
    const detail = error instanceof Error ? error.stack : String(error);
    this.#shared.exchanges.refuse("internal", this.#client, detail).finish({ bytesIn: 0, bytesOut: 0 });
  }

  /** Takes no further request; those that run go on to their end. */
  retire(): void {
    if (this.#streams.size === 0) this.#end();
    else this.#session.close();
  }

  /** The same, and ends tunnels. */
  close(): void {
    for (const stream of this.#streams) stream.close();
    this.retire();
  }

  /** Cuts the connection, and its exchanges. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** What came in vain since the last look. */
  look(): void {
    let requestBytes = this.#requestBytes;
    for (const { receivedBytes } of this.#streams) requestBytes += receivedBytes;
    for (const { stream, raw } of this.#arrived) requestBytes += bytesOf(raw) + stream.readableLength;
    const { bytesRead, bytesWritten } = this.#socket;
    const wasted = bytesRead - requestBytes - bytesWritten * FRAMES_FOR_ANSWERS;
    if (wasted === this.#wastedBytes) return;
    this.#count("frames", wasted - this.#wastedBytes);
    this.#wastedBytes = wasted;
  }

  /** Begins at the turn's end: one that is taken back in the same breath costs nobody an exchange. */
  #onStream(arrived: Arrived): void {
    arrived.stream.on("error", ignore);
    // Where each is taken back before the next one comes, a whole read of them would wait for the turn's end.
    for (let last = this.#arrived.at(-1); last !== undefined && isGone(last); last = this.#arrived.at(-1)) {
      this.#arrived.pop();
      this.#count("reset", TAKEN_BACK);
    }
    this.#arrived.push(arrived);
    if (this.#arrived.length > MAX_ARRIVING) this.#endFlood("reset");
    if (!this.#isBeginning) this.#beginSoon();
  }

  #beginSoon(): void {
    this.#isBeginning = true;
    setImmediate(() => guard(this, () => this.#beginArrived()));
  }

  #beginArrived(): void {
    this.#isBeginning = false;
    for (const arrived of this.#arrived.splice(0, BEGIN_AT_ONCE)) {
      if (isGone(arrived)) this.#count("reset", TAKEN_BACK);
      else this.#begin(arrived);
    }
    if (this.#arrived.length > 0) this.#beginSoon();
  }

  #begin({ stream, raw }: Arrived): void {
    const { maxHeadBytes, maxHeaders } = this.#shared.listenerPolicy();
    const head = readStreamHead({ raw, isWhole: stream.endAfterHeaders });
    const bytes = bytesOf(raw);
    this.#requestBytes += bytes;
    if (typeof head === "string") this.#refuse(stream, "bad-request", head);
    else if (head.rawHeaders.length / 2 > maxHeaders || bytes > maxHeadBytes)
      this.#refuse(stream, "head-too-large", "the head is too large");
    else this.#open(stream, head);
  }

  #open(stream: ServerHttp2Stream, head: RequestHeadRead): void {
    this.#deadline.clear();
    const running = new ClientStream(stream, head, this.#shared);
    this.#streams.add(running);
    stream.on("close", () => this.#onStreamClosed(stream, running));
    running.begin(this.#shared, this.#shared.exchanges.open(head, this.#client));
  }

  #onStreamClosed(stream: ServerHttp2Stream, running: ClientStream): void {
    this.#streams.delete(running);
    this.#requestBytes += running.receivedBytes;
    if (!stream.readableEnded) this.#expectRest();
    // Who waits for most answers may take some requests back: a proxy before us carries those of many clients.
    this.#count("reset", stream.rstCode === NGHTTP2_NO_ERROR ? -1 : 1);
    if (this.#streams.size > 0) return;
    // Nobody waits for another request of a connection that is to end.
    if (this.#shared.isClosing || this.#isEnding) this.#end();
    else this.#deadline.set(this.#shared.listenerPolicy().keepAliveMs);
  }

  #refuse(stream: ServerHttp2Stream, failure: FailureCode, detail: string): void {
    const exchange = this.#shared.exchanges.refuse(failure, this.#client, detail);
    const { status, headers, body } = exchange.failureAnswer();
    const fields = headers.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text));
    const length = ["content-length", String(body.length)];
    stream.respond([":status", String(status), ...fields, ...length]);
    stream.end(body);
    // The rest of the request is not read.
    if (!stream.endAfterHeaders) {
      stream.close(NGHTTP2_NO_ERROR);
      this.#expectRest();
    }
    exchange.finish({ bytesIn: 0, bytesOut: body.length });
    this.#count("refused");
  }

  /** What is on its way while the router closes a stream comes in vain, but is no flood. */
  #expectRest(): void {
    this.#requestBytes += STREAM_WINDOW_BYTES;
  }

  #onPing(): void {
    if (this.#pingsInTurn++ === 0) setImmediate(() => (this.#pingsInTurn = 0));
    if (this.#pingsInTurn > MAX_PINGS_A_TURN) this.#endFlood("ping");
    else this.#count("ping");
  }

  #count(kind: FloodKind, count = 1): void {
    if (this.#floods.isFlood(kind, performance.now(), count)) this.#endFlood(kind);
  }

  #endFlood(kind: FloodKind): void {
    if (this.#session.destroyed) return;
    this.#shared.connectionObserver.flooded(kind);
    this.#linger();
    this.#session.destroy(new Error(`too many frames: ${kind}`), NGHTTP2_ENHANCE_YOUR_CALM);
  }

  /** Says that it is over. */
  #end(): void {
    this.#linger();
    this.#session.close();
  }

  #linger(): void {
    this.#isEnding = true;
    this.#deadline.set(LINGER_MS);
  }
}

function optionsFor({
  maxHeadBytes,
  maxHeaders,
}: ListenerPolicy): Parameters<typeof performServerHandshake>[1] {
  return {
    // Each crumb of a browser's cookies is a field of its own (RFC 9113 section 8.2.3).
    maxHeaderListPairs: maxHeaders * HEAD_SLACK,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    maxSessionRejectedStreams: MAX_REFUSED_STREAMS,
    streamResetRate: MAX_RESETS_A_SECOND,
    // An app's fields go on as they are, also those that should stand only once.
    strictSingleValueFields: false,
    settings: {
      enableConnectProtocol: true,
      enablePush: false,
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxConcurrentStreams: MAX_STREAMS,
      maxHeaderListSize: maxHeadBytes * HEAD_SLACK,
    },
  };
}

/** As it would be on HTTP/1.1: with a colon, a space and a line's end for each field. */
function bytesOf(raw: readonly string[]): number {
  return raw.reduce((sum, text) => sum + text.length + 2, 0);
}

function isGone({ stream }: Arrived): boolean {
  return stream.closed || stream.destroyed;
}
