// Readers of server-sent events, for tests. What they get is held to the published schemas, field by field.

import assert from "node:assert/strict";
import { type ClientRequest, request } from "node:http";

import { type StreamMessage, streamMessageSchema } from "@wayleave/records/api";
import { eventually } from "@wayleave/testkit";

/** A stream that is read until it is disposed of. */
export class EventStream implements Disposable {
  /** The `data` of each event. */
  readonly data: unknown[] = [];
  lastEventId: string | undefined;
  status = 0;
  isEnded = false;
  readonly #request: ClientRequest;
  #rest = "";

  constructor(port: number, path: string, headers: Record<string, string> = {}) {
    this.#request = request(
      { host: "127.0.0.1", port, path, headers: { host: "localhost", ...headers }, agent: false },
      (answer) => {
        this.status = answer.statusCode ?? 0;
        answer.setEncoding("utf8").on("data", (text: string) => this.#read(text));
        answer.on("close", () => (this.isEnded = true)).on("error", () => undefined);
      },
    );
    this.#request.on("error", () => undefined).end();
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }

  #read(text: string): void {
    const events = (this.#rest + text).split("\n\n");
    this.#rest = events.pop() ?? "";
    for (const event of events) {
      for (const line of event.split("\n")) {
        if (line.startsWith("id: ")) this.lastEventId = line.slice(4);
        if (line.startsWith("data: ")) this.data.push(JSON.parse(line.slice(6)));
      }
    }
  }
}

/** A reader of /api/stream. */
export class LiveStream extends EventStream {
  /** All that came so far. */
  messages(): StreamMessage[] {
    return this.data.map((each) => {
      const message = streamMessageSchema.parse(each);
      // What a schema does not have, it takes away.
      assert.deepEqual(message, each);
      return message;
    });
  }

  kinds(): string[] {
    return this.messages().map(({ kind }) => kind);
  }

  /** Waits for a message of a kind that fits. */
  message<Kind extends StreamMessage["kind"]>(
    kind: Kind,
    fits: (message: Extract<StreamMessage, { kind: Kind }>) => boolean = () => true,
  ): Promise<Extract<StreamMessage, { kind: Kind }>> {
    const isWanted = (message: StreamMessage): message is Extract<StreamMessage, { kind: Kind }> =>
      message.kind === kind;
    return eventually(() => {
      const found = this.messages().filter(isWanted).find(fits);
      if (found === undefined) throw new Error(`no such ${kind} among ${this.kinds().join(", ")}`);
      return found;
    });
  }
}
