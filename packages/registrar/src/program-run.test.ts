import { eventually, realEtcd, startEtcd } from "@wayleave/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { ETCDS, type TestEtcd } from "./testing/etcds.ts";
import { RunScene } from "./testing/run-scene.ts";

describe.each(ETCDS)("a program that is run with $name", ({ start }) => {
  let etcd: TestEtcd;
  let scene: RunScene;

  beforeAll(async () => {
    etcd = await start();
  });

  beforeEach(() => {
    scene = new RunScene(etcd);
  });

  afterEach(async () => {
    await scene[Symbol.asyncDispose]();
  });

  afterAll(async () => {
    await etcd.close();
  });

  it("keeps the record and the program until a replica that lags has applied the draining", async () => {
    await scene.replicaIsAt(1);
    const wrapper = await scene.run({ leaveTimeoutMs: 60_000 });
    await scene.untilItIs("ready");
    wrapper.kill("SIGTERM");
    await scene.untilItIs("draining");
    expect(await scene.ask()).toBe(200);
    expect(wrapper.lines).not.toContain("SIGTERM");
    const drainedAt = (await scene.record())?.modRevision ?? 0;
    await scene.replicaIsAt(drainedAt);
    await wrapper.sees("SIGTERM");
    expect(await scene.record()).toBeUndefined();
    expect(await wrapper.exit).toBe(0);
  });

  it("stops although a replica lags, once the bound has passed", async () => {
    await scene.replicaIsAt(1);
    const wrapper = await scene.run({ leaveTimeoutMs: 100 });
    await scene.untilItIs("ready");
    wrapper.kill("SIGTERM");
    expect(await wrapper.exit).toBe(0);
    expect(await scene.record()).toBeUndefined();
  });

  it("passes a second signal at once", async () => {
    await scene.replicaIsAt(1);
    const wrapper = await scene.run({ leaveTimeoutMs: 60_000 });
    await scene.untilItIs("ready");
    wrapper.kill("SIGTERM");
    await scene.untilItIs("draining");
    wrapper.kill("SIGINT");
    await wrapper.sees("SIGINT");
    expect(await wrapper.exit).toBe(0);
    expect(await scene.record()).toBeUndefined();
  });

  it("keeps a Ctrl-C in the terminal from the program until its record is gone", async () => {
    await scene.replicaIsAt(1);
    const wrapper = await scene.run({ leaveTimeoutMs: 60_000 });
    await scene.untilItIs("ready");
    process.kill(-wrapper.pid, "SIGINT"); // the terminal signals the whole group
    await scene.untilItIs("draining");
    expect(await scene.ask()).toBe(200);
    expect(wrapper.lines).not.toContain("SIGINT");
    await scene.replicaIsAt(undefined);
    await wrapper.sees("SIGINT");
    expect(await scene.record()).toBeUndefined();
    expect(await wrapper.exit).toBe(0);
  });

  it("deletes the record of a program that ends by itself, and passes its exit code on", async () => {
    const wrapper = await scene.run({ leaveTimeoutMs: 60_000 });
    await scene.replicaIsAt(1);
    await scene.untilItIs("ready");
    await scene.ask("/exit").catch(() => {}); // it ends without an answer
    expect(await wrapper.exit).toBe(3);
    expect(await scene.record()).toBeUndefined();
  });

  it("leaves its record to the lease when it is killed, and the program alone", async () => {
    const wrapper = await scene.run({ ttlSeconds: 2 });
    await scene.untilItIs("ready");
    wrapper.kill("SIGKILL");
    expect(await wrapper.exit).toBe("SIGKILL");
    await eventually(async () => expect(await scene.record()).toBeUndefined());
    expect(wrapper.lines).toEqual(["listening"]);
  });
});

describe.skipIf(!realEtcd.isAvailable)("runProgram when etcd restarts", () => {
  it("keeps the program running and comes back under the same key", async () => {
    await using etcd = await startEtcd();
    await using scene = new RunScene(etcd);
    const wrapper = await scene.run({ ttlSeconds: 2 });
    await scene.untilItIs("ready");
    const [member] = etcd.members;
    await member?.kill();
    await eventually(() => expect(wrapper.errors()).toContain("lease-lost"));
    await member?.wipe();
    await member?.start();
    await scene.untilItIs("ready");
    wrapper.kill("SIGTERM");
    expect(await wrapper.exit).toBe(0);
    expect(await scene.record()).toBeUndefined();
    expect(wrapper.lines).toEqual(["listening", "SIGTERM"]);
  });
});
