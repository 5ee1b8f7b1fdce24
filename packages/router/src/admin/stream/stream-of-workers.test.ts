// What is looked at of a replica whose requests are taken by other processes.

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { tapMessageSchema } from "@wayleave/records/api";
import { openStore } from "@wayleave/store";
import { eventually, startDemoApp } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { EventStream, LiveStream } from "../../testing/event-stream.ts";
import { ask, instance, keys, route, start } from "../../testing/router-world.ts";

describe("a replica with workers", () => {
  it("shows figures, samples and shares of all of them, and at once when an app is down", async () => {
    await using stack = new AsyncDisposableStack();
    const etcd = stack.use(await startEmbeddedEtcd());
    const store = stack.use(openStore({ endpoints: [etcd.endpoint] }));
    const app = stack.use(await startDemoApp({ name: "shop" }));
    await store.commit([
      { put: keys.route("shop.example", "/"), value: route("shop") },
      { put: keys.instance("shop", "1"), value: instance(app.port) },
    ]);
    const router = stack.use(await start(store, { workers: 2 }));
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
