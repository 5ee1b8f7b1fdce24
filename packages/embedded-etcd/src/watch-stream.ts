import type { ServerDuplexStream } from "@grpc/grpc-js";

import { etcdError } from "./etcd-error.ts";
import type { EtcdState, ResponseHeader } from "./etcd-state.ts";
import { keyRange } from "./key-range.ts";
import { fragments, toWireEvent, type WireEvent } from "./watch-events.ts";
import { Watcher } from "./watcher.ts";

/** etcd's message; it may come empty. */
export type WatchRequest =
  | { readonly requestUnion: "createRequest"; readonly createRequest: WatchCreateRequest }
  | { readonly requestUnion: "cancelRequest"; readonly cancelRequest: { readonly watchId: string } }
  | { readonly requestUnion: "progressRequest" }
  | { readonly requestUnion?: undefined };

interface WatchCreateRequest {
  readonly key: Buffer;
  readonly rangeEnd: Buffer;
  readonly startRevision: string;
  readonly progressNotify: boolean;
  readonly filters: readonly number[];
  readonly prevKv: boolean;
  readonly watchId: string;
  readonly fragment: boolean;
}

/** etcd's message; fields that are left out are zero, false or empty. */
export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly watchId: string;
  readonly created?: boolean;
  readonly canceled?: boolean;
  readonly cancelReason?: string;
  readonly compactRevision?: number;
  readonly fragment?: boolean;
  readonly events?: readonly WireEvent[];
}

interface Watch {
  readonly id: string;
  readonly watcher: Watcher;
  readonly request: WatchCreateRequest;
  /** Whether it got an answer since the last round of progress notices. */
  wasAnswered: boolean;
}

const NO_WATCH = "-1";
const ANY_ID = "0";
const WITHOUT_PUTS = 0; // WatchCreateRequest.FilterType
const WITHOUT_DELETES = 1;

/**
 * The watches of one gRPC stream. They read the store's history each at its own pace: what a slow client does not take
 * waits in the store, not in the stream.
 */
export class WatchStream {
  readonly #call: ServerDuplexStream<WatchRequest, WatchResponse>;
  readonly #state: EtcdState;
  readonly #watches = new Map<string, Watch>();
  #nextId = 0;
  #progressRequests = 0;
  #isBlocked = false;

  constructor(call: ServerDuplexStream<WatchRequest, WatchResponse>, state: EtcdState) {
    this.#call = call;
    this.#state = state;
    call.on("data", (request: WatchRequest) => this.#take(request));
    call.on("drain", () => {
      this.#isBlocked = false;
      this.advance();
    });
  }

  /** Sends what is new, as far as the client takes it. */
  advance(): void {
    for (const watch of this.#watches.values()) this.#advance(watch);
    // etcd answers such a request when all watches of the stream are current.
    if (this.#isBlocked) return;
    for (; this.#progressRequests > 0; this.#progressRequests -= 1) {
      this.#send({ header: this.#state.header(), watchId: NO_WATCH });
    }
  }

  /** Tells those that asked for it how far the store is, unless they got events since the last time. */
  notifyProgress(): void {
    for (const watch of this.#watches.values()) {
      const isDue = watch.request.progressNotify && !watch.wasAnswered && watch.watcher.isCurrent;
      if (isDue) this.#send({ header: this.#state.header(), watchId: watch.id });
      watch.wasAnswered = false;
    }
  }

  /** Ends the stream as a server does that stops. */
  stop(): void {
    this.#watches.clear();
    this.#call.emit("error", etcdError("stopped"));
  }

  #take(request: WatchRequest): void {
    switch (request.requestUnion) {
      case "createRequest":
        this.#create(request.createRequest);
        break;
      case "cancelRequest":
        this.#cancel(request.cancelRequest.watchId);
        break;
      case "progressRequest":
        this.#progressRequests += 1;
        break;
      case undefined: // etcd does not answer it either
    }
    this.advance();
  }

  #create(request: WatchCreateRequest): void {
    const header = this.#state.header();
    const refusal = this.#refusal(request);
    if (refusal !== undefined) {
      this.#send({ header, watchId: NO_WATCH, created: true, canceled: true, cancelReason: refusal });
      return;
    }
    const id = request.watchId === ANY_ID ? this.#unusedId() : request.watchId;
    const watcher = new Watcher(this.#state.store, {
      // etcd: an empty key is the first one there can be.
      range: keyRange(request.key.length === 0 ? Buffer.of(0) : request.key, request.rangeEnd),
      startRevision: Number(request.startRevision) || this.#state.store.revision + 1,
      wantsPuts: !request.filters.includes(WITHOUT_PUTS),
      wantsDeletes: !request.filters.includes(WITHOUT_DELETES),
    });
    this.#watches.set(id, { id, watcher, request, wasAnswered: false });
    this.#send({ header, watchId: id, created: true });
  }

  #refusal({ key, rangeEnd, watchId }: WatchCreateRequest): string | undefined {
    if (this.#watches.has(watchId) && watchId !== ANY_ID) {
      return "mvcc: duplicate watch ID provided on the WatchStream";
    }
    const { from, to } = keyRange(key, rangeEnd);
    return to !== undefined && from >= to ? "mvcc: watcher range is empty" : undefined;
  }

  #cancel(watchId: string): void {
    if (!this.#watches.delete(watchId)) return;
    this.#send({ header: this.#state.header(), watchId, canceled: true });
  }

  #advance(watch: Watch): void {
    const { id, watcher } = watch;
    while (!this.#isBlocked && !watcher.isCurrent) {
      if (watcher.isCompacted) {
        this.#watches.delete(id);
        const { compactRevision } = this.#state.store;
        this.#send({ header: this.#state.header(0), watchId: id, canceled: true, compactRevision });
        return;
      }
      this.#sendEvents(watch);
    }
  }

  #sendEvents(watch: Watch): void {
    const { compactRevision } = this.#state.store;
    const events = watch.watcher.take().flatMap((change) => {
      // What a key was at a compacted revision cannot be read any more.
      const withPrevious = watch.request.prevKv && change.revision > compactRevision;
      return change.events.map((event) => toWireEvent(event, { revision: change.revision, withPrevious }));
    });
    if (events.length === 0) return;
    const header = this.#state.header();
    const parts = watch.request.fragment ? fragments(events) : [events];
    for (const [index, part] of parts.entries()) {
      this.#send({ header, watchId: watch.id, events: part, fragment: index < parts.length - 1 });
    }
    watch.wasAnswered = true;
  }

  #send(response: WatchResponse): void {
    if (!this.#call.writable) return;
    this.#isBlocked = !this.#call.write(response);
  }

  #unusedId(): string {
    while (this.#watches.has(String(this.#nextId))) this.#nextId += 1;
    return String(this.#nextId++);
  }
}
