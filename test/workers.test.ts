import { once } from "node:events";
import { type Socket, connect } from "node:net";

import { type EmbeddedEtcd, startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { keysUnder } from "@wayleave/records";
import { reloadResultSchema } from "@wayleave/records/api";
import { type Store, openStore } from "@wayleave/store";
import { ask, type DemoApp, eventually, startCommand, startDemoApp, startLoad } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";

import { type RunningReplica, startReplica } from "./cluster.ts";

const WORKERS = 4;
const keys = keysUnder();
const SLOWLY = { withinMs: 60_000 };

interface Worker {
  readonly pid: number;
  readonly place: number;
  readonly connections: number;
  readonly revision: number;
  readonly state: string;
}

let etcd: EmbeddedEtcd;
let store: Store;
let app: DemoApp;
let replica: RunningReplica;

beforeAll(async () => {
  etcd = await startEmbeddedEtcd();
  store = openStore({ endpoints: [etcd.endpoint] });
  app = await startDemoApp({ name: "shop" });
  await store.commit([
    { put: keys.route("shop.example", "/"), value: JSON.stringify({ to: [{ app: "shop" }] }) },
    {
      put: keys.instance("shop", "1"),
      value: JSON.stringify({ address: "127.0.0.1", port: app.port }),
    },
  ]);
  const flags = ["--workers", String(WORKERS), "--access-log", "off", "--orphan-timeout", "3s"];
  replica = await startReplica([etcd.endpoint], flags);
});

afterAll(async () => {
  await replica.command.close();
  await app.close();
  await store.close();
  await etcd.close();
});

async function workers(): Promise<Worker[]> {
  const answer = await fetch(`${replica.admin}/api/workers`);
  return (await answer.json()) as Worker[];
}

async function serving(): Promise<Worker[]> {
  return (await workers()).filter(({ state }) => state === "serving");
}

async function exchangesTotal(): Promise<number> {
  const text = await (await fetch(`${replica.admin}/metrics`)).text();
  const lines = [...text.matchAll(/^wayleave_exchanges_total\{.*\} (\d+)$/gm)];
  return lines.reduce((total, [, value]) => total + Number(value), 0);
}

/** At the one instance of the app. */
async function activeExchanges(): Promise<number | undefined> {
  const answer = await fetch(`${replica.admin}/api/instances?app=shop`);
  return ((await answer.json()) as { active: number }[])[0]?.active;
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return socket;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("a replica with workers", { timeout: 180_000 }, () => {
  it("takes connections in all of them: each within 25 % of the mean at 1,000", async () => {
    const sockets: Socket[] = [];
    for (let count = 0; count < 1_000; count += 1) sockets.push(await opened(replica.port));
    const counts = await eventually(async () => {
      const each = (await workers()).map(({ connections }) => connections);
      expect(each.reduce((total, count) => total + count, 0)).toBe(1_000);
      return each;
    }, SLOWLY);
    for (const socket of sockets) socket.destroy();
    console.log("connections of each worker:", counts);
    expect(counts).toHaveLength(WORKERS);
    for (const count of counts) expect(Math.abs(count - 1_000 / WORKERS)).toBeLessThan(250 / WORKERS);
  });

  it("has a change in every worker before it says so", async () => {
    for (let round = 0; round < 30; round += 1) {
      const host = `r${round}.example`;
      const value = JSON.stringify({ to: [{ app: "shop" }] });
      const revision = await store.commit([{ put: keys.route(host, "/"), value }]);
      const waited = await fetch(`${replica.admin}/api/wait?revision=${revision}&timeoutMs=30000`);
      expect(waited.status).toBe(200);
      // Connections of their own: they meet the workers by chance.
      const answers = await Promise.all(Array.from({ length: 12 }, () => ask(replica.port, host)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    }
    expect(new Set((await workers()).map(({ revision }) => revision)).size).toBe(1);
  });

  it("counts every exchange of all of them, exactly", async () => {
    const before = await exchangesTotal();
    const load = startLoad({ ports: [replica.port], host: "shop.example", concurrency: 16 });
    await eventually(() => expect(load.result().total).toBeGreaterThan(1_000), SLOWLY);
    const { total, byStatus, errors } = await load.stop();
    expect({ byStatus, errors }).toEqual({ byStatus: { 200: total }, errors: [] });
    await eventually(async () => expect(await exchangesTotal()).toBe(before + total), SLOWLY);
  });

  it("shows the exchanges that run in all of them at their instance", async () => {
    const running = Array.from({ length: 10 }, () => ask(replica.port, "shop.example", "/slow?ms=3000"));
    await eventually(async () => expect(await activeExchanges()).toBe(10), SLOWLY);
    await Promise.all(running);
    await eventually(async () => expect(await activeExchanges()).toBe(0), SLOWLY);
  });

  it("loses with a killed worker only that one's connections, and has another at once", async () => {
    const concurrency = 12;
    const load = startLoad({ ports: [replica.port], host: "shop.example", concurrency });
    await eventually(() => expect(load.result().total).toBeGreaterThan(500), SLOWLY);
    const before = await serving();
    const [killed] = before.toSorted((one, other) => other.connections - one.connections);
    if (killed === undefined) throw new Error("no worker");
    const had = killed.connections;
    const killedAt = performance.now();
    process.kill(killed.pid, "SIGKILL");
    const successor = await eventually(async () => {
      const found = (await serving()).find(({ place, pid }) => place === killed.place && pid !== killed.pid);
      if (found === undefined) throw new Error("no successor yet");
      return found;
    }, SLOWLY);
    const backMs = performance.now() - killedAt;
    const after = load.result().total;
    await eventually(() => expect(load.result().total).toBeGreaterThan(after + 500), SLOWLY);
    const { total, byStatus, errors } = await load.stop();
    console.log(
      `back after ${Math.round(backMs)} ms; ${had} connections and ${errors.length} of ${total} requests lost`,
    );
    expect(byStatus).toEqual({ 200: total - errors.length });
    expect(had).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(had);
    expect(successor.revision).toBe(before[1]?.revision);
    expect(await replica.command.waitForLine(/"worker-lost"/)).toContain(String(killed.pid));
    // Alone on the machine it is a fraction of a second.
    expect(backMs).toBeLessThan(10_000);
  });

  it("replaces all of them at SIGHUP and at `wayleave reload`: no request fails, and a WebSocket lives on", async () => {
    const before = new Set((await serving()).map(({ pid }) => pid));
    const webSocket = new WebSocket(`ws://127.0.0.1:${replica.port}/`, { headers: { host: "shop.example" } });
    await once(webSocket, "open");
    const load = startLoad({ ports: [replica.port], host: "shop.example", concurrency: 16 });
    await eventually(() => expect(load.result().total).toBeGreaterThan(500), SLOWLY);
    replica.command.kill("SIGHUP");
    await replica.command.waitForLine(/"router-reloaded"/, SLOWLY);
    const first = await serving();
    expect(first.filter(({ pid }) => before.has(pid))).toEqual([]);
    const reload = await startCommand(["reload", "--admin", replica.admin, "--json"]);
    expect(await reload.exit).toMatchObject({ code: 0 });
    const { workers: replaced } = reloadResultSchema.parse(JSON.parse(reload.stdout()));
    expect(new Set(replaced.map((each) => each.replaced))).toEqual(new Set(first.map(({ pid }) => pid)));
    await eventually(() => expect(load.result().total).toBeGreaterThan(5_000), SLOWLY);
    const { total, byStatus, errors } = await load.stop();
    console.log(`replaced ${before.size} workers under ${total} requests`);
    expect({ byStatus, errors }).toEqual({ byStatus: { 200: total }, errors: [] });
    const now = await serving();
    expect(now).toHaveLength(WORKERS);
    expect(now.filter(({ pid }) => before.has(pid))).toEqual([]);

    webSocket.send("still there?");
    expect(String((await once(webSocket, "message"))[0])).toBe("still there?");
    const retired = (await workers()).filter(({ state }) => state === "retired");
    expect(retired.map(({ pid }) => before.has(pid))).toEqual([true]);
    webSocket.close();
    await eventually(async () => expect(await workers()).toHaveLength(WORKERS), SLOWLY);
  });

  it("is reloaded by nothing but a POST, and by no page of another site", async () => {
    const before = (await serving()).map(({ pid }) => pid);
    expect((await fetch(`${replica.admin}/api/reload`)).status).toBe(405);
    const foreign = { method: "POST", headers: { origin: "http://evil.example" } };
    expect((await fetch(`${replica.admin}/api/reload`, foreign)).status).toBe(403);
    expect((await serving()).map(({ pid }) => pid)).toEqual(before);
  });

  it("goes on serving when its main process is killed, beside the next replica, and ends by itself", async () => {
    const pids = (await serving()).map(({ pid }) => pid);
    process.kill(replica.command.pid, "SIGKILL");
    await eventually(() => expect(isAlive(replica.command.pid)).toBe(false), SLOWLY);
    expect(pids.map(isAlive)).toEqual(pids.map(() => true));
    for (let count = 0; count < 20; count += 1) {
      expect(await ask(replica.port, "shop.example")).toMatchObject({ status: 200, body: "shop" });
    }
    const flags = ["--workers", "1", "--access-log", "off", "--listen", `127.0.0.1:${replica.port}`];
    const next = await startReplica([etcd.endpoint], flags);
    await using _ = next.command;
    expect(next.port).toBe(replica.port);
    await eventually(() => expect(pids.map(isAlive)).toEqual(pids.map(() => false)), SLOWLY);
    expect(await ask(next.port, "shop.example")).toMatchObject({ status: 200, body: "shop" });
    next.command.kill("SIGTERM");
    expect((await next.command.exit).code).toBe(0);
  });
});
