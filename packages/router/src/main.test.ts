import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { openStore } from "@wayleave/store";
import { eventually, startDemoApp } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { ask, instance, keys, route } from "./testing/router-world.ts";

/** Runs `runRouter` as the command does, in a process of its own. */
function runIn(endpoint: string): { child: ChildProcess; lines: { msg: string; listen?: string }[] } {
  const program = `
    const { openStore } = await import(${JSON.stringify(import.meta.resolve("@wayleave/store"))});
    const { runRouter } = await import(${JSON.stringify(new URL("main.ts", import.meta.url).href)});
    const store = openStore({ endpoints: [${JSON.stringify(endpoint)}], callTimeoutMs: 1000 });
    const at = { host: "127.0.0.1", port: 0 };
    process.exitCode = await runRouter({ store, listen: at, admin: at });
    await store.close();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: { msg: string; listen?: string }[] = [];
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    const whole = (rest + chunk).split("\n");
    rest = whole.pop() ?? "";
    lines.push(...whole.map((line) => JSON.parse(line)));
  });
  return { child, lines };
}

function find(lines: readonly { msg: string; listen?: string }[], event: string): { listen?: string } {
  const line = lines.find(({ msg }) => msg === event);
  if (line === undefined) throw new Error(`no ${event} among ${lines.map(({ msg }) => msg).join(", ")}`);
  return line;
}

describe("the router's process", () => {
  it("tells its ports in one line, finishes at SIGTERM, and is cut by the second", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using app = await startDemoApp({ name: "slow" });
    await store.commit([
      { put: keys.route("slow.example", "/"), value: route("slow") },
      { put: keys.instance("slow", "1"), value: instance(app.port) },
    ]);
    const { child, lines } = runIn(etcd.endpoint);
    const exit = once(child, "exit");
    const { listen } = await eventually(() => find(lines, "router-started"));
    const port = Number(listen?.split(":").at(-1));
    expect(await ask(port, "slow.example")).toMatchObject({ status: 200 });
    const cut = ask(port, "slow.example", "/slow?ms=60000").catch((error: unknown) => error);
    await eventually(() => expect(app.requests).toBe(2));
    child.kill("SIGTERM");
    await eventually(() => find(lines, "router-stopping"));
    child.kill("SIGTERM");
    expect(await exit).toEqual([1, null]);
    expect(await cut).toBeInstanceOf(Error);
  });

  it("ends with 0 at SIGINT when nothing runs, and takes its replica record away", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    const { child, lines } = runIn(etcd.endpoint);
    const exit = once(child, "exit");
    await eventually(() => find(lines, "router-started"));
    await eventually(async () => expect((await store.list(keys.replicas)).records).toHaveLength(1));
    child.kill("SIGINT");
    expect(await exit).toEqual([0, null]);
    expect((await store.list(keys.replicas)).records).toEqual([]);
  });

  it("ends at SIGTERM while it waits for etcd", async () => {
    const { child, lines } = runIn("http://127.0.0.1:1");
    const exit = once(child, "exit");
    await eventually(() => find(lines, "waiting-for-etcd"));
    child.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });
});
