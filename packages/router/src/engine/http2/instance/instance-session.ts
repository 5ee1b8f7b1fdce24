// Request path 4 of 7: read -> match -> pick -> CONNECT -> forward -> relay -> log.
// One HTTP/2 connection to an instance (RFC 9113): node:http2 reads its frames, and each stream of it carries one exchange.

import type { Socket } from "node:net";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  type Settings,
  connect,
  constants,
} from "node:http2";

import { classifyError, handshakeReason } from "../../../request/classify.ts";
import type { FailureCode } from "../../../request/failures.ts";
import type { InstanceEntry } from "../../../table/instance-entry.ts";
import type { Trust } from "../../instance-tls/trusts.ts";
import { Deadline, type DeadlineOwner, type Deadlines } from "../../wire/deadlines.ts";
import { guard } from "../../wire/guard.ts";
import { FloodWatch } from "../flood-watch.ts";
import type { InstanceStream } from "./instance-stream.ts";

/** More exchanges at once than this go to another connection, even if the instance takes more: one lost packet holds up all. */
const MAX_STREAMS = 100;
/** A connection that has carried so many ends, and another one takes its place: stream ids are used up once. */
const MAX_REQUESTS = 1_000_000;
/**
 * What an instance may send on one stream before the client has taken it; and on all together. A slow client makes the
 * router hold a window at most.
 */
const STREAM_WINDOW_BYTES = 64 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;
/** As for an answer on HTTP/1.1. */
const MAX_ANSWER_HEAD_BYTES = 256 * 1024;
const MAX_ANSWER_FIELDS = 1_000;
/** Megabytes that Node may hold for one session: streams' windows, and what waits to be sent. */
const MAX_SESSION_MEGABYTES = 64;

const IDLE_MS = 30_000;
/** A connection that has ended has this long to be gone, whatever the instance does about it. */
const RELEASE_MS = 5_000;
/** Nothing came for so long though exchanges run: is it still there? */
const QUIET_MS = 10_000;
const PING_MS = 20_000;
/** gRPC's servers end connections that are pinged more often than every 5 minutes while they have nothing to say. */
const PING_AGAIN_MS = 5 * 60_000 + 10_000;

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = constants;

/** What a session asks of those who keep it. */
export interface SessionKeeper {
  readonly deadlines: Deadlines;
  /** Gives a socket that connects to the instance, and is read by nobody yet. */
  connect(instance: InstanceEntry, trust: Trust | undefined): Socket;
  /** It takes no further exchange. */
  onClosing(session: InstanceSession): void;
  onClosed(session: InstanceSession): void;
  /** The instance allows fewer at once than wait for it: find another session for this one. */
  place(stream: InstanceStream): void;
}

/** Connects, and then carries exchanges until it is idle, or the instance wants no more. */
export class InstanceSession implements DeadlineOwner {
  readonly instance: InstanceEntry;
  /** What the instance had to prove; undefined: nothing. */
  readonly trust: Trust | undefined;
  readonly #keeper: SessionKeeper;
  readonly #socket: Socket;
  readonly #session: ClientHttp2Session;
  readonly #deadline: Deadline;
  readonly #floods = new FloodWatch();
  /** Those that are here before the instance's settings are. */
  readonly #waiting = new Set<InstanceStream>();
  #maxStreams = MAX_STREAMS;
  #running = 0;
  #requests = 0;
  #isClosing = false;
  #failure: FailureCode = "connect-failed";
  #distrust: string | undefined;
  #pingedAtMs = Number.NEGATIVE_INFINITY;
  #isAwaitingPong = false;
  #isHeardSincePing = true;
  #hasSettings = false;
  #isAcknowledged = false;
  /** The settings of both sides hold: exchanges can begin. */
  isReady = false;
  /** It takes WebSockets by extended CONNECT (RFC 8441 section 3). */
  takesTunnels = false;
  /** After a GOAWAY: no stream above it was acted upon. */
  lastStreamId = Number.POSITIVE_INFINITY;

  constructor(keeper: SessionKeeper, instance: InstanceEntry, trust?: Trust) {
    this.#keeper = keeper;
    this.instance = instance;
    this.trust = trust;
    this.#deadline = new Deadline(keeper.deadlines, this);
    this.#socket = keeper.connect(instance, trust);
    this.#session = connect("http://instance", optionsFor(this.#socket));
    const session = this.#session;
    const on = (action: () => void): void => guard(this, action);
    session.on("connect", () => on(() => this.#onConnect()));
    session.on("remoteSettings", (settings) => on(() => this.#onSettings(settings)));
    // Before the instance has acknowledged ours, its answers' heads would be held to no limit.
    session.on("localSettings", () => on(() => this.#onAcknowledged()));
    session.on("goaway", (_code, lastStreamId) => on(() => this.#onGoaway(lastStreamId)));
    session.on("error", (error) => on(() => this.#onError(error)));
    session.on("close", () => on(() => this.#onClose()));
  }

  /** Another exchange, that asks this proof of the instance, may join: one that proved to be another serves none. */
  takes(instance: InstanceEntry, trust: Trust | undefined): boolean {
    if (this.trust !== trust || (trust !== undefined && this.instance !== instance)) return false;
    return !this.#isClosing && this.#running + this.#waiting.size < this.#maxStreams;
  }

  /** The connection is gone, or the instance has said that it will go. */
  get isOver(): boolean {
    return this.#session.destroyed || this.lastStreamId !== Number.POSITIVE_INFINITY;
  }

  get isBroken(): boolean {
    return this.#session.destroyed;
  }

  /** An exchange waits until the session is ready; it hears of it, unless it is ready. */
  join(stream: InstanceStream): void {
    this.#deadline.clear();
    this.#waiting.add(stream);
  }

  /** An exchange waits no longer. */
  leave(stream: InstanceStream): void {
    if (!this.#waiting.delete(stream) || this.#waiting.size > 0 || this.#running > 0) return;
    // Nobody knows whether it would ever have connected.
    if (this.isReady) this.#onUnused();
    else this.destroy();
  }

  /** Begins the stream of one that has joined. Throws when its fields are none. */
  begin(stream: InstanceStream, fields: string[], options: ClientSessionRequestOptions): ClientHttp2Stream {
    const begun = this.#session.request(fields, options);
    this.#waiting.delete(stream);
    this.#running++;
    begun.once("close", () => guard(this, () => this.#onStreamClosed()));
    if (++this.#requests === MAX_REQUESTS) this.close();
    else this.#watch(QUIET_MS);
    return begun;
  }

  /** Something of an answer came. */
  heard(): void {
    this.#isHeardSincePing = true;
    this.#watch(QUIET_MS);
  }

  /** Takes no further exchange; those that run go on to their end. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#keeper.onClosing(this);
    // Those that wait were promised a stream.
    if (this.#waiting.size > 0) return;
    if (this.#running === 0) this.#onUnused();
    else this.#session.close();
  }

  /** Cuts the connection, and its exchanges. */
  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  onDefect(): void {
    this.destroy();
  }

  onDeadline(): void {
    if (this.#session.destroyed) return void this.#socket.destroy();
    if (this.#running === 0) return this.close();
    if (this.#isAwaitingPong) return this.#abort("no answer to a ping", NGHTTP2_NO_ERROR);
    const nowMs = this.#keeper.deadlines.nowMs;
    const againInMs = this.#pingedAtMs + PING_AGAIN_MS - nowMs;
    if (!this.#isHeardSincePing && againInMs > 0) return this.#watch(againInMs);
    this.#pingedAtMs = nowMs;
    this.#isHeardSincePing = false;
    this.#isAwaitingPong = this.#session.ping(() => guard(this, () => this.#onPong()));
    this.#watch(PING_MS);
  }

  #onPong(): void {
    this.#isAwaitingPong = false;
    if (this.#running > 0) this.#watch(QUIET_MS);
  }

  #watch(ms: number): void {
    if (!this.#session.destroyed) this.#deadline.set(ms);
  }

  #onConnect(): void {
    const { alpnProtocol } = this.#session;
    if (alpnProtocol === "h2c" || alpnProtocol === "h2") {
      this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
      return;
    }
    this.#failure = "connect-wrong-protocol";
    this.#session.destroy();
  }

  #onError(error: Error): void {
    if (this.isReady) return;
    this.#failure = classifyError(error, this.trust === undefined ? "connect" : "secure");
    if (this.trust !== undefined) this.#distrust = handshakeReason(error);
  }

  #onSettings({ maxConcurrentStreams, enableConnectProtocol }: Settings): void {
    if (this.#floods.isFlood("settings", performance.now()))
      return this.#abort("too many settings", NGHTTP2_ENHANCE_YOUR_CALM);
    this.#hasSettings = true;
    this.#maxStreams = Math.min(maxConcurrentStreams ?? MAX_STREAMS, MAX_STREAMS);
    this.takesTunnels = enableConnectProtocol === true;
    this.#onAgreed();
  }

  #onAcknowledged(): void {
    this.#isAcknowledged = true;
    this.#onAgreed();
  }

  #onAgreed(): void {
    if (!this.#hasSettings || !this.#isAcknowledged || this.isReady || this.#session.destroyed) return;
    this.isReady = true;
    this.#failure = "answer-refused";
    // It takes none at all: another connection would be told the same.
    if (this.#maxStreams === 0) return this.destroy();
    let room = this.#maxStreams;
    for (const stream of this.#waiting) {
      if (room-- > 0) stream.onReady();
      else if (this.#waiting.delete(stream)) this.#keeper.place(stream);
    }
  }

  #onGoaway(lastStreamId: number): void {
    // A second one may say less, never more (RFC 9113 section 6.8).
    this.lastStreamId = Math.min(this.lastStreamId, lastStreamId);
    this.close();
  }

  #onStreamClosed(): void {
    this.#running--;
    if (this.#running > 0 || this.#waiting.size > 0) return;
    this.#isAwaitingPong = false;
    this.#onUnused();
  }

  #onUnused(): void {
    this.#deadline.clear();
    this.#deadline.set(this.#isClosing ? RELEASE_MS : IDLE_MS);
    if (this.#isClosing) this.#session.close();
  }

  #onClose(): void {
    this.#deadline.destroy();
    this.#isClosing = true;
    this.#keeper.onClosed(this);
    for (const stream of this.#waiting) stream.onUnavailable(this.#failure, this.#distrust);
    this.#waiting.clear();
  }

  #abort(why: string, code: number): void {
    const error = Object.assign(new Error(why), { code: "ECONNABORTED" });
    this.#session.destroy(error, code);
    this.#deadline.set(RELEASE_MS);
  }
}

function optionsFor(socket: Socket): Parameters<typeof connect>[1] {
  const options = {
    createConnection: () => socket,
    maxHeaderListPairs: MAX_ANSWER_FIELDS,
    maxSessionMemory: MAX_SESSION_MEGABYTES,
    // What may stand but once is the app's to judge, as on HTTP/1.1.
    strictSingleValueFields: false,
    settings: {
      enablePush: false,
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxHeaderListSize: MAX_ANSWER_HEAD_BYTES,
    },
  };
  return options;
}
