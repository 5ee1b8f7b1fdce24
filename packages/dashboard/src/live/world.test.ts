import type { InstanceView, LiveEvent, RouteView, StreamMessage, Totals } from "@wayleave/records/api";
import { describe, expect, it } from "vitest";

import { WorldBuilder } from "./world.ts";

const now = 1_000;
const route = (host: string, more: object = {}) => ({ host, path: "/", active: 0, ...more }) as RouteView;
const instance = (id: string, more: object = {}) =>
  ({ app: "shop", id, condition: "ready", ...more }) as InstanceView;
const event = (sequence: number) => ({ sequence, kind: "ready" }) as LiveEvent;
const routes = (...upserts: RouteView[]): StreamMessage => ({ kind: "routes", now, upserts, removes: [] });
const events = (...sequences: number[]): StreamMessage => ({
  kind: "events",
  now,
  events: sequences.map(event),
});
const begin: StreamMessage = { kind: "begin", now, topics: [] };
const end: StreamMessage = { kind: "end", now };

function built(...messages: StreamMessage[]): WorldBuilder {
  const builder = new WorldBuilder();
  for (const message of messages) builder.take(message, 400);
  return builder;
}

const hosts = (builder: WorldBuilder): string[] => builder.world.routes.list.map(({ host }) => host);

describe("what the page knows", () => {
  it("is a snapshot, and the changes since", () => {
    const builder = built(begin, routes(route("a"), route("b")), end, routes(route("c")), {
      kind: "routes",
      now,
      upserts: [],
      removes: [{ host: "a", path: "/" }],
    });
    expect(hosts(builder)).toEqual(["b", "c"]);
  });

  it("is never half of a snapshot: the old table is shown until the new one is whole", () => {
    const builder = built(begin, routes(route("old")), end, begin, routes(route("new")));
    expect(hosts(builder)).toEqual(["old"]);
    builder.take(end, 400);
    expect(hosts(builder)).toEqual(["new"]);
  });

  it("takes figures into rows without touching the rest of them, and none for rows that are gone", () => {
    const builder = built(begin, routes(route("a", { to: [] })), end);
    const before = builder.world.routes.get("a/");
    builder.take(
      { kind: "route-figures", now, figures: [{ ...route("a", { active: 7 }) }, { ...route("gone") }] },
      400,
    );
    expect(builder.world.routes.list).toEqual([{ ...before, active: 7 }]);
    expect(builder.world.routes.get("a/")).not.toBe(before);
    const messages: StreamMessage[] = [
      { kind: "instances", now, upserts: [instance("1"), instance("2")], removes: [] },
      { kind: "instance-figures", now, figures: [instance("2", { condition: "ejected" })] },
    ];
    for (const message of messages) builder.take(message, 400);
    expect(builder.world.instances.get("shop/2")).toMatchObject({ condition: "ejected" });
  });

  it("has each event once, though some come again after a connection broke", () => {
    const builder = built(begin, events(1, 2), end, events(2, 3));
    expect(builder.world.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });

  it("keeps a quarter of an hour of seconds, and knows how far the server's clock is off", () => {
    const totals = Array.from({ length: 2_000 }, (_, at) => ({ at }) as Totals);
    const { world } = built(begin, { kind: "totals", now, totals }, end);
    expect([world.totals.length, world.totals.at(-1)?.at, world.clockOffsetMs]).toEqual([900, 1_999, 600]);
  });

  it("is told to a new tab as the same messages", () => {
    const builder = built(
      begin,
      routes(route("a"), route("b")),
      { kind: "events", now, events: [event(5)] },
      end,
    );
    const copy = built(...builder.messages());
    expect(copy.isWhole).toBe(true);
    expect(hosts(copy)).toEqual(hosts(builder));
    expect(copy.world.events).toEqual(builder.world.events);
    expect(new WorldBuilder().messages()).toEqual([]);
  });
});
