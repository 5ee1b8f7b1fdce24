import { describe, expect, it } from "vitest";

import { putInstance, putRoute, sampleChange } from "../table/samples.ts";
import type { TableChange } from "../table/table-change.ts";
import { Table } from "../table/table.ts";
import { HealthBook, type HealthListener } from "./health-book.ts";

class World {
  readonly table = new Table({ affinityKey: "key" });
  isMassExpiry = false;
  readonly book = new HealthBook(this.table, () => this.isMassExpiry);
  #revision = 0;

  apply(parts: Partial<TableChange>): void {
    const change = sampleChange((this.#revision += 1), parts);
    this.book.applying(change);
    this.table.apply(change);
  }

  /** What a look says has changed. */
  look(): { apps: string[]; routes: string[] } | undefined {
    let changed: Parameters<HealthListener>[0] | undefined;
    this.book.listener = (each) => (changed = each);
    this.book.look();
    return changed && { apps: [...changed.apps].toSorted(), routes: [...changed.routes].toSorted() };
  }
}

function worldOfTwo(): World {
  const world = new World();
  world.apply({
    routes: [
      putRoute("a.example/", [{ app: "shop" }]),
      putRoute("b.example/", [{ app: "shop", version: "v2" }, { app: "blog" }]),
    ],
    instances: [putInstance("shop", "1", { version: "v1" }), putInstance("blog", "1")],
  });
  return world;
}

describe("the health book", () => {
  it("rolls up apps, versions and routes", () => {
    const world = worldOfTwo();
    world.look();
    expect(world.book.app("shop")).toMatchObject({ counts: { total: 1, ready: 1 }, health: { level: "ok" } });
    expect(world.book.route("a.example/").level).toBe("ok");
    expect(world.book.route("b.example/")).toMatchObject({
      level: "degraded",
      reasons: [{ code: "no-instances", names: ["shop@v2"] }],
    });
    expect(world.book.bad()).toEqual({
      down: { count: 0, names: [] },
      degraded: { count: 1, names: ["b.example/"] },
    });
    expect(world.book.routeCount("shop")).toBe(2);
  });

  it("looks again at what changed only, and at what leads there", () => {
    const world = worldOfTwo();
    world.look();
    expect(world.look()).toBeUndefined();
    world.apply({ instances: [{ app: "blog", id: "1", instance: null }] });
    expect(world.look()).toEqual({ apps: ["blog"], routes: ["b.example/"] });
    expect(world.book.route("b.example/").level).toBe("down");
    expect(world.book.route("a.example/").level).toBe("ok");
  });

  it("follows a route to another app, and forgets one that is gone", () => {
    const world = worldOfTwo();
    world.look();
    world.apply({ routes: [putRoute("a.example/", [{ app: "nobody" }])] });
    world.look();
    expect(world.book.route("a.example/").level).toBe("down");
    expect([world.book.routeCount("shop"), world.book.routeCount("nobody")]).toEqual([1, 1]);
    expect([...world.book.appNames()]).toEqual(["shop", "blog", "nobody"]);
    expect(world.book.appCount).toBe(3);
    world.apply({ routes: [{ host: "a.example", path: "/", route: null }] });
    world.look();
    expect(world.book.bad().down.count).toBe(0);
    expect([...world.book.appNames()]).toEqual(["shop", "blog"]);
    expect(world.book.appCount).toBe(2);
  });

  it("counts an app once, whether it has instances, routes or both", () => {
    const world = worldOfTwo();
    world.apply({ routes: [putRoute("c.example/", [{ app: "late" }])] });
    world.look();
    expect(world.book.appCount).toBe(3);
    world.apply({ instances: [putInstance("late", "1"), { app: "blog", id: "1", instance: null }] });
    world.look();
    expect([...world.book.appNames()].toSorted()).toEqual(["blog", "late", "shop"]);
    world.apply({ routes: [putRoute("b.example/", [{ app: "shop" }])] });
    world.look();
    expect([...world.book.appNames()].toSorted()).toEqual(["late", "shop"]);
    expect(world.book.appCount).toBe(2);
  });

  it("sees an ejection when it is told of it, and a mass expiry", () => {
    const world = worldOfTwo();
    world.look();
    const entry = world.table.app("shop")?.instances.get("1");
    if (entry === undefined) throw new Error("no instance");
    entry.ejectedUntil = Date.now() + 10_000;
    world.book.instanceChanged("shop");
    world.look();
    expect(world.book.route("a.example/")).toMatchObject({
      level: "down",
      reasons: [{ code: "all-ejected" }],
    });
    entry.ejectedUntil = 0;
    world.apply({ instances: [putInstance("shop", "1", { isSuspect: true, since: 0 })] });
    world.look();
    expect(world.book.app("shop").health.level).toBe("down");
    world.isMassExpiry = true;
    world.look();
    expect(world.book.app("shop").health.level).toBe("degraded");
  });
});
