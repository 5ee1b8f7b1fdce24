import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { EventStreamReader } from "./event-stream.ts";

const STREAM =
  ': hello\n\nid: 7\nevent: totals\ndata: {"a":1}\n\ndata: one\r\ndata: two\r\n\r\nevent: empty\n\ndata:x\n\ndata: cut';

describe("an event stream", () => {
  it("gives events with their name, their id and all their data", () => {
    expect(new EventStreamReader().take(STREAM)).toEqual([
      { event: "totals", data: '{"a":1}', id: "7" },
      { event: "message", data: "one\ntwo", id: "7" },
      { event: "message", data: "x", id: "7" },
    ]);
  });

  it("is read the same however it is cut", () => {
    const whole = new EventStreamReader().take(STREAM);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: STREAM.length })), (cuts) => {
        const reader = new EventStreamReader();
        const places = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length];
        const events = places.flatMap((from, at) =>
          reader.take(STREAM.slice(from, places[at + 1] ?? STREAM.length)),
        );
        expect(events).toEqual(whole);
      }),
    );
  });
});
