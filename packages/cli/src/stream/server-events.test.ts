import { describe, expect, it } from "vitest";

import { type ServerEvent, readServerEvents } from "./server-events.ts";

const TEXT =
  ': hello\n\nid: 7\ndata: {"a":1}\n\n: beat\n\ndata:two\r\ndata: lines\r\n\r\nevent: x\n\nid: 8\ndata: cut';

async function* inPieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

describe("readServerEvents", () => {
  it.each([1, 2, 7, 1_000])("gives whole events, however they are cut (pieces of %d)", async (size) => {
    const events: ServerEvent[] = [];
    let signs = 0;
    // A CR and its LF may come apart.
    const text = size === 1 ? TEXT.replaceAll("\r", "") : TEXT;
    for await (const event of readServerEvents(inPieces(text, size), () => signs++)) events.push(event);
    expect(events).toEqual([
      { id: "7", data: '{"a":1}' },
      { id: "7", data: "two\nlines" },
    ]);
    expect(signs).toBe(Math.ceil(text.length / size));
  });
});
