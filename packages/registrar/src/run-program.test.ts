import { createServer } from "node:net";

import { eventually } from "@wayleave/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { type TestEtcd, startEmbedded } from "./testing/etcds.ts";
import { listen } from "./testing/listen.ts";
import { RunScene } from "./testing/run-scene.ts";

describe("runProgram", () => {
  let etcd: TestEtcd;
  let scene: RunScene;

  beforeAll(async () => {
    etcd = await startEmbedded();
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

  it("registers the program under the port that it was given, and gives it no key to others' keys", async () => {
    vi.stubEnv("WAYLEAVE_SEAL_KEY", "secret");
    await scene.run();
    vi.unstubAllEnvs();
    await scene.untilItIs("ready");
    const { port } = await scene.instance();
    const environment = await (await fetch(`http://127.0.0.1:${port}/`)).json();
    expect(environment).toMatchObject({ PORT: String(port), WAYLEAVE_APP: "shop", WAYLEAVE_ID: "web-1" });
    expect(environment).not.toHaveProperty("WAYLEAVE_SEAL_KEY");
  });

  it("passes other signals and stays registered", async () => {
    const wrapper = await scene.run();
    await scene.untilItIs("ready");
    wrapper.kill("SIGUSR2");
    await wrapper.sees("SIGUSR2");
    expect(await scene.instance()).toMatchObject({ state: "ready" });
  });

  it("kills a program that does not end in time, when it is told to", async () => {
    const wrapper = await scene.run({ killAfterMs: 50 });
    await scene.untilItIs("ready");
    wrapper.kill("SIGHUP"); // which this app only takes note of
    expect(await wrapper.exit).toBe(137);
    expect(wrapper.lines).toContain("SIGHUP");
  });

  it.each([
    [["-c", "exit 0"], 0],
    [["-c", "exit 3"], 3],
    [["-c", "kill -KILL $$"], 137],
  ])("registers nothing of a program that ends before it listens: %j", async (args, exitCode) => {
    const wrapper = await scene.run({ command: "sh", args });
    expect(await wrapper.exit).toBe(exitCode);
    expect((await scene.store.list(scene.prefix)).records).toEqual([]);
  });

  it("says in one line that there is no such program", async () => {
    const wrapper = await scene.run({ command: "no-such-program" });
    expect(await wrapper.exit).toBe(127);
    expect(wrapper.errors()).toBe("wayleave run: cannot start no-such-program: no such program\n");
  });

  it("ends a program that cannot be registered, and says why", async () => {
    const value = JSON.stringify({ address: "10.0.0.9", port: 80 });
    await scene.store.commit([{ put: scene.key, value }]);
    const wrapper = await scene.run();
    expect(await wrapper.exit).toBe(1);
    expect(wrapper.lines).toContain("SIGTERM");
    expect(wrapper.errors()).toContain(
      `wayleave run: ${scene.key} is held by 10.0.0.9:80 as a static instance`,
    );
    expect((await scene.record())?.value).toBe(value);
  });

  it("starts nothing on a port that somebody listens on", async () => {
    const other = createServer();
    const port = await listen(other);
    const wrapper = await scene.run({ port });
    expect(await wrapper.exit).toBe(1);
    other.close();
    expect(wrapper.errors()).toContain(`another program listens on port ${port} already`);
    expect(wrapper.lines).toEqual([]);
  });

  it("passes a signal while it still looks for an etcd", async () => {
    const wrapper = await scene.run({ etcd: { endpoints: ["http://127.0.0.1:1"], callTimeoutMs: 200 } });
    await wrapper.sees("listening");
    await eventually(() => expect(wrapper.errors()).toContain("etcd-unreachable"));
    wrapper.kill("SIGTERM");
    await wrapper.sees("SIGTERM");
    expect(await wrapper.exit).toBe(0);
  });
});
