import type { handleBidiStreamingCall } from "@grpc/grpc-js";

import type { EtcdState } from "./etcd-state.ts";
import { type WatchRequest, type WatchResponse, WatchStream } from "./watch-stream.ts";

const PROGRESS_EVERY_MS = 600_000; // etcd's

/** etcd's watch service: a stream for each client, all of which hear of every change. */
export class WatchService {
  readonly #state: EtcdState;
  readonly #streams = new Set<WatchStream>();
  readonly #stopListening: () => void;
  readonly #progressTimer: NodeJS.Timeout;

  constructor(state: EtcdState, { progressEveryMs = PROGRESS_EVERY_MS } = {}) {
    this.#state = state;
    this.#stopListening = state.onChange(() => {
      for (const stream of this.#streams) stream.advance();
    });
    this.#progressTimer = setInterval(() => {
      for (const stream of this.#streams) stream.notifyProgress();
    }, progressEveryMs);
  }

  /** The gRPC method. A client that sends no more still gets its events, until it cancels the call. */
  readonly watch: handleBidiStreamingCall<WatchRequest, WatchResponse> = (call) => {
    const stream = new WatchStream(call, this.#state);
    this.#streams.add(stream);
    call.once("close", () => this.#streams.delete(stream));
  };

  /** Ends all streams. */
  stop(): void {
    clearInterval(this.#progressTimer);
    this.#stopListening();
    for (const stream of this.#streams) stream.stop();
    this.#streams.clear();
  }
}
