// Those who look at single requests. The data plane samples while there is one of them.

import type { ServerResponse } from "node:http";

import type { TapMessage } from "@wayleave/records/api";

import type { LiveListener } from "../../live/live.ts";
import type { TapBatch, TapRequest } from "../../observe/tap.ts";
import type { AdminSources } from "../admin-sources.ts";

const MOST_TAPS = 8;
const BEAT_MS = 5_000;

interface Looker {
  readonly request: TapRequest;
  readonly response: ServerResponse;
}

/** The taps of one router. */
export class TapHub implements Pick<LiveListener, "tapped"> {
  readonly #sources: Pick<AdminSources, "plane">;
  readonly #lookers = new Map<number, Looker>();
  #lastId = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: Pick<AdminSources, "plane">) {
    this.#sources = sources;
  }

  get isFull(): boolean {
    return this.#lookers.size >= MOST_TAPS;
  }

  /** Sends samples until the reader is gone. */
  attach(response: ServerResponse, wanted: Omit<TapRequest, "id">): void {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#lookers.set(id, { request: { ...wanted, id }, response });
    this.#timer ??= setInterval(() => this.#beat(), BEAT_MS).unref();
    response.once("close", () => {
      this.#lookers.delete(id);
      this.#changed();
    });
    // So that the reader knows that it is heard.
    this.#write(response, ":\n\n");
    this.#changed();
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { response } of this.#lookers.values()) response.destroy();
  }

  tapped({ id, samples, skipped }: TapBatch): void {
    const looker = this.#lookers.get(id);
    if (looker === undefined) return;
    const message: TapMessage = { samples: [...samples], skipped };
    this.#write(looker.response, `data: ${JSON.stringify(message)}\n\n`);
  }

  #changed(): void {
    this.#sources.plane.setTaps([...this.#lookers.values()].map(({ request }) => request));
    if (this.#lookers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #beat(): void {
    for (const { response } of this.#lookers.values()) this.#write(response, ":\n\n");
  }

  // Samples are of no use later: who does not read misses them.
  #write(response: ServerResponse, text: string): void {
    if (!response.writableNeedDrain) response.write(text);
  }
}
