import { expect, it } from "vitest";

import { fragments, type WireEvent } from "./watch-events.ts";

function event(bytes: number): WireEvent {
  const kv = { value: Buffer.alloc(bytes), createRevision: 2, modRevision: 2, version: 1, lease: "0" };
  return { type: 0, kv: { key: Buffer.from("a"), ...kv } };
}

it("cuts events into parts below the limit, in order", () => {
  const events = [event(400), event(400), event(400), event(10)];
  expect(fragments(events, 1_000)).toEqual([events.slice(0, 2), events.slice(2)]);
});

it("leaves an event alone that is beyond the limit by itself", () => {
  const events = [event(10), event(5_000), event(10)];
  expect(fragments(events, 1_000)).toEqual(events.map((each) => [each]));
});
