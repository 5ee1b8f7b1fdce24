import { describe, expect, it } from "vitest";

import { type Health, streamMessageSchema } from "@wayleave/records/api";

import { routeView, snapshot, statusView } from "../testing/views.ts";
import { Fleet } from "./fleet.ts";

const DOWN: Health = {
  level: "down",
  reasons: [
    { level: "down", code: "all-ejected", text: "every instance of shop fails", count: 1, names: [] },
  ],
};

function fleetOf(routers: Readonly<Record<string, readonly object[]>>): Fleet {
  const fleet = new Fleet();
  for (const [router, messages] of Object.entries(routers))
    for (const message of messages) fleet.take(streamMessageSchema.parse(message), router);
  return fleet;
}

describe("Fleet", () => {
  it("adds the rates of all routers, and takes the worst of everything else", () => {
    const fleet = fleetOf({
      a: snapshot([routeView("shop.com", 90, { p99Ms: 10 }), routeView("blog.com", 1, { app: "blog" })]),
      b: snapshot([routeView("shop.com", 10, { errorShare: 0.5, p99Ms: 99, health: DOWN })]),
    });
    expect(fleet.isWhole).toBe(true);
    expect(fleet.rows()).toMatchObject([
      {
        host: "shop.com",
        requestsPerSecond: 100,
        errorShare: 0.05,
        p99Ms: 99,
        active: 2,
        health: "down",
        live: 0,
      },
      { host: "blog.com", apps: "blog", requestsPerSecond: 1, live: 1, instances: 2 },
    ]);
    expect(fleet.totals()).toMatchObject({ requestsPerSecond: 14, errorsPerSecond: 1, p99Ms: 3, active: 8 });
  });

  it("follows changes, forgets a router that is lost, and begins anew with a new snapshot", () => {
    const fleet = fleetOf({
      a: snapshot([routeView("shop.com", 1)]),
      b: snapshot([], statusView({ id: "b" })),
    });
    const take = (message: object): void => fleet.take(streamMessageSchema.parse(message), "a");
    const { figures } = routeView("shop.com", 5);
    take({ kind: "route-figures", now: 1, figures: [{ host: "shop.com", path: "/", active: 9, figures }] });
    expect(fleet.rows()).toMatchObject([{ requestsPerSecond: 5, active: 9 }]);
    take({ kind: "routes", now: 1, upserts: [], removes: [{ host: "shop.com", path: "/" }] });
    expect(fleet.rows()).toEqual([]);
    take({ kind: "begin", now: 1, topics: [] });
    expect(fleet.isWhole).toBe(false);
    fleet.lose("a");
    expect([fleet.isWhole, fleet.statuses().map(({ id }) => id)]).toEqual([true, ["b"]]);
  });

  it("is not whole while nobody has told anything", () => {
    expect(new Fleet().isWhole).toBe(false);
    expect(new Fleet().totals()).toMatchObject({ requestsPerSecond: 0, p99Ms: null });
  });
});
