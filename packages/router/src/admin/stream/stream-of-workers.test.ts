// What is looked at of a replica whose requests are taken by other processes.

import { tapMessageSchema } from "@wayleave/records/api";
import { ask, eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { EventStream, LiveStream } from "../../testing/event-stream.ts";
import { startShopScene } from "../testing/shop-scene.ts";

describe("a replica with workers", () => {
  it("shows figures, samples and shares of all of them, and at once when an app is down", async () => {
    await using scene = await startShopScene({ settings: { workers: 2 } });
    const { app, router } = scene;
    using stream = new LiveStream(router.adminPort, "/api/stream");
    using tap = new EventStream(router.adminPort, "/api/tap?rate=100");
    await stream.message("status", ({ status }) => status.workers.length === 2);
    await stream.message("end");
    // The tap is on once the first sample came.
    const samples = () => tap.data.flatMap((each) => tapMessageSchema.parse(each).samples);
    await eventually(async () => {
      await ask(router.port, "shop.example");
      expect(samples().length).toBeGreaterThan(0);
    });
    for (let at = 0; at < 30; at += 1) await ask(router.port, "shop.example");
    await stream.message("route-figures", ({ figures }) => (figures[0]?.figures.requestsPerSecond ?? 0) > 1);
    await stream.message("instance-figures", ({ figures }) => figures[0]?.share === 1);
    expect(samples()[0]).toMatchObject({ app: "shop", instance: "1", status: 200 });

    await app.close();
    const stoppedAt = performance.now();
    expect((await ask(router.port, "shop.example")).failure).toBe("connect-refused");
    await stream.message("routes", ({ upserts }) => upserts[0]?.health.level === "down");
    await stream.message("status", ({ status }) => status.health.level === "down");
    console.log(`an app is said to be down ${Math.round(performance.now() - stoppedAt)} ms after its end`);
    await stream.message("events", ({ events }) => events.some(({ kind }) => kind === "ejected"));
  });
});
