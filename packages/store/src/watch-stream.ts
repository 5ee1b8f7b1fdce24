// One watch of one prefix, on one raw stream, from its opening to its end. It does not come back: that is `follow.ts`.

import type { IDuplexStream, IWatchRequest, IWatchResponse } from "etcd3";

import type { Connection } from "./connection.ts";
import { readFailure } from "./etcd-failure.ts";
import { ResponseJoiner } from "./group-changes.ts";
import { rangeOfPrefix } from "./key-range.ts";
import type { Change, Revision } from "./store.ts";

export interface WatchRequest {
  readonly prefix: string;
  /** The first revision that is wanted. */
  readonly from: Revision;
  /** Milliseconds until etcd must have confirmed the watch. */
  readonly timeoutMs: number;
}

/** What a watch tells, in order. An error thrown by it ends the watch. */
export interface WatchListener {
  /** Any answer: the member lives. Before the changes that came with it. */
  onAnswer(answer: Pick<IWatchResponse, "header" | "created">): void;
  onChange(change: Change): void;
}

/** Why a watch ended; `text` is for people. */
export interface WatchEnd {
  readonly reason: "closed" | "compacted" | "denied" | "failed";
  readonly text: string;
}

type RawStream = IDuplexStream<IWatchRequest, IWatchResponse>;

/** A watch that runs until {@link WatchStream.ended}. */
export class WatchStream {
  readonly #stream: RawStream;
  readonly #listener: WatchListener;
  readonly #joiner = new ResponseJoiner();
  readonly #created = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<WatchEnd>();
  #isOver = false;

  /** Opens a watch. Resolves when etcd confirmed it, or when it ended before. */
  static async open(
    connection: Connection,
    request: WatchRequest,
    listener: WatchListener,
  ): Promise<WatchStream> {
    const stream = await connection.openStream((etcd) => etcd.watch.watch(), request.timeoutMs);
    const watch = new WatchStream(stream, listener);
    await watch.#create(request);
    return watch;
  }

  private constructor(stream: RawStream, listener: WatchListener) {
    this.#stream = stream;
    this.#listener = listener;
    stream.on("data", (response) => this.#receive(response));
    stream.on("error", (error) => this.#end(readEnd(error)));
    stream.on("end", () => this.#end({ reason: "failed", text: "etcd ended the stream" }));
  }

  /** Resolves, never rejects, when the watch is over. */
  get ended(): Promise<WatchEnd> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Asks etcd for a sign of life. */
  requestProgress(): void {
    if (!this.#isOver) this.#stream.write({ progress_request: {} });
  }

  close(): void {
    this.#end({ reason: "closed", text: "closed" });
  }

  async #create({ prefix, from, timeoutMs }: WatchRequest): Promise<void> {
    const timer = setTimeout(() => this.#end({ reason: "failed", text: "no answer in time" }), timeoutMs);
    this.#stream.write({
      create_request: {
        ...rangeOfPrefix(prefix),
        start_revision: from,
        fragment: true,
        progress_notify: true,
      },
    });
    await Promise.race([this.#created.promise, this.ended]);
    clearTimeout(timer);
  }

  #receive(response: IWatchResponse): void {
    if (this.#isOver) return;
    if (response.canceled) return this.#end(readCancel(response));
    try {
      this.#listener.onAnswer(response);
      for (const change of this.#joiner.add(response)) {
        if (this.#isOver) return; // the listener closed it
        this.#listener.onChange(change);
      }
    } catch (error) {
      this.#end(readEnd(error));
    }
    if (response.created) this.#created.resolve();
  }

  #end(end: WatchEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.cancel();
    this.#ended.resolve(end);
  }
}

function readCancel({ compact_revision, cancel_reason }: IWatchResponse): WatchEnd {
  if (compact_revision !== "0") {
    return { reason: "compacted", text: `the history before revision ${compact_revision} is compacted` };
  }
  return readEnd(new Error(cancel_reason || "etcd cancelled the watch"));
}

function readEnd(error: unknown): WatchEnd {
  const { kind, text } = readFailure(error);
  if (kind === "compacted") return { reason: "compacted", text };
  return { reason: kind === "denied" || kind === "token" ? "denied" : "failed", text };
}
