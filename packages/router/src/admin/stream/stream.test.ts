import { type StreamMessage, tapMessageSchema } from "@wayleave/records/api";
import { ask, eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { EventStream, LiveStream } from "../../testing/event-stream.ts";
import { instance, keys, route } from "../../testing/router-world.ts";
import { type ShopScene, startShopScene } from "../testing/shop-scene.ts";

function open({ router }: ShopScene, query = "", lastEventId?: string): LiveStream {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  return new LiveStream(router.adminPort, `/api/stream${query}`, headers);
}

function samples(stream: EventStream) {
  return stream.data.flatMap((data) => tapMessageSchema.parse(data).samples);
}

describe("the stream", () => {
  it("begins with a snapshot of everything", async () => {
    await using world = await startShopScene();
    using stream = open(world);
    await stream.message("end");
    const kinds = new Set(stream.kinds());
    for (const kind of ["begin", "status", "totals", "routes", "apps", "instances", "replicas", "events"]) {
      expect(kinds).toContain(kind);
    }
    expect(await stream.message("status")).toMatchObject({
      status: { state: "live", health: { level: "ok" } },
    });
    expect(await stream.message("routes")).toMatchObject({
      upserts: [
        { host: "shop.example", path: "/", health: { level: "ok" }, instances: { total: 1, ready: 1 } },
      ],
    });
    expect(await stream.message("replicas", ({ replicas }) => replicas.length > 0)).toMatchObject({
      replicas: [{ isThis: true, lag: 0 }],
    });
  });

  it("tells what changes: rows, health rolled up, and the event with its revision", async () => {
    await using world = await startShopScene();
    using stream = open(world);
    await stream.message("end");
    const revision = await world.store.commit([{ delete: keys.instance("shop", "1") }]);
    await stream.message("instances", ({ removes }) => removes.some(({ id }) => id === "1"));
    await stream.message("apps", ({ upserts }) =>
      upserts.some(({ app, health }) => app === "shop" && health.level === "down"),
    );
    await stream.message("routes", ({ upserts }) => upserts[0]?.health.level === "down");
    await stream.message("status", ({ status }) => status.health.level === "down");
    expect(
      (await stream.message("events", ({ events }) => events.some(({ kind }) => kind === "removed"))).events,
    ).toMatchObject([{ kind: "removed", revision, app: "shop", instance: "1" }]);
  });

  it("says that every instance of an app is down as soon as requests meet that", async () => {
    await using world = await startShopScene();
    using stream = open(world);
    await stream.message("end");
    await world.app.close();
    expect((await ask(world.router.port, "shop.example")).failure).toBe("connect-refused");
    await stream.message("events", ({ events }) => events.some(({ kind }) => kind === "ejected"));
    await stream.message("routes", ({ upserts }) => upserts[0]?.health.reasons[0]?.code === "all-ejected");
    await stream.message("apps", ({ upserts }) => upserts[0]?.health.level === "down");
    await stream.message("instances", ({ upserts }) => upserts[0]?.condition === "ejected");
    const { status } = await stream.message("status", (message) => message.status.health.level === "down");
    expect(status.health.reasons).toMatchObject([{ code: "routes-down", names: ["shop.example/"] }]);
  });

  it("tells figures of what is asked, and once that it is asked no more", async () => {
    await using world = await startShopScene();
    using stream = open(world);
    await stream.message("end");
    for (let at = 0; at < 20; at += 1) await ask(world.router.port, "shop.example");
    await stream.message("totals", ({ totals }) => (totals[0]?.requestsPerSecond ?? 0) > 0);
    const { figures } = await stream.message("route-figures");
    expect(figures).toMatchObject([{ host: "shop.example", path: "/", figures: { errorShare: 0 } }]);
    await stream.message("instance-figures", (message) => message.figures[0]?.share === 1);
  });

  it("tells when leases run out, while they are few", async () => {
    await using world = await startShopScene();
    await using lease = world.store.holdLease({ ttlSeconds: 15 });
    await lease.set(keys.instance("shop", "leased"), instance(1));
    using stream = open(world, "?topics=instances");
    const { now, figures } = await stream.message("instance-figures", (message) =>
      message.figures.some(({ leaseExpiresAt }) => leaseExpiresAt !== null),
    );
    const seconds = figures.map(({ id, leaseExpiresAt }) => [
      id,
      leaseExpiresAt && (leaseExpiresAt - now) / 1_000,
    ]);
    expect(Object.fromEntries(seconds)).toEqual({ 1: null, leased: expect.closeTo(14, -1) });
  });

  it("goes on where it was cut, without a snapshot", async () => {
    await using world = await startShopScene();
    let lastEventId: string | undefined;
    {
      using stream = open(world, "?topics=routes");
      await stream.message("end");
      ({ lastEventId } = stream);
    }
    await world.store.commit([{ put: keys.route("new.example", "/"), value: route("shop") }]);
    using stream = open(world, "?topics=routes", lastEventId);
    await stream.message("routes", ({ upserts }) => upserts[0]?.host === "new.example");
    expect(stream.kinds()).not.toContain("begin");
  });

  it("begins anew for an id that it does not know", async () => {
    await using world = await startShopScene();
    for (const id of ["0.1", "nonsense", "deadbeef.99999999999999999999"]) {
      using stream = open(world, "?topics=routes", id);
      expect(await stream.message("begin")).toMatchObject({ topics: ["routes"] });
    }
  });

  it("sends no more than the topics that were asked for, and refuses others", async () => {
    await using world = await startShopScene();
    using stream = open(world, "?topics=status,events");
    await stream.message("end");
    await world.store.commit([{ put: keys.route("new.example", "/"), value: route("shop") }]);
    await stream.message("events", ({ events }) => events.some(({ kind }) => kind === "route-added"));
    const kinds: StreamMessage["kind"][] = ["begin", "end", "status", "events"];
    expect(stream.kinds().filter((kind) => !kinds.some((each) => each === kind))).toEqual([]);
    using bad = open(world, "?topics=nonsense");
    await eventually(() => expect(bad.status).toBe(400));
  });

  it("tells of a bad record, and when it is good again", async () => {
    await using world = await startShopScene();
    using stream = open(world);
    await stream.message("end");
    const put = keys.route("bad.example", "/");
    await world.store.commit([{ put, value: "{}" }]);
    await stream.message("rejected", ({ rejected }) => rejected[0]?.key === put);
    await stream.message("events", ({ events }) =>
      events.some(({ kind, key }) => kind === "rejected" && key === put),
    );
    await world.store.commit([{ put, value: route("shop") }]);
    const { events } = await stream.message("events", (message) =>
      message.events.some(({ kind }) => kind === "accepted"),
    );
    expect(events).toContainEqual(expect.objectContaining({ kind: "accepted", key: put }));
  });
});

describe("the tap", () => {
  it("shows requests while somebody looks, by what they are", async () => {
    await using world = await startShopScene();
    const { router } = world;
    using all = new EventStream(router.adminPort, "/api/tap");
    using lost = new EventStream(router.adminPort, "/api/tap?status=4xx");
    await eventually(() => expect([all.status, lost.status]).toEqual([200, 200]));
    await ask(router.port, "shop.example", "/cart?secret=1");
    await ask(router.port, "unknown.example");
    await eventually(() => expect(samples(all)).toHaveLength(2));
    expect(samples(all)[0]).toMatchObject({
      path: "/cart",
      route: "shop.example/",
      app: "shop",
      instance: "1",
      status: 200,
      failure: null,
    });
    await eventually(() => expect(samples(lost)).toMatchObject([{ status: 404, failure: "unknown-route" }]));
  });
});
