import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { promisify } from "node:util";

import { type Command, eventually, startCommand } from "@wayleave/testkit";
import { pino } from "pino";
import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { embeddedBench } from "../testing/run-wayleave.ts";
import { type Dev, startDev } from "./dev.ts";

const PORTS = ["--port", "0", "--admin-port", "0", "--etcd-port", "0"];
const READY_MS = 60_000;

/** Starts `wayleave dev` as a process, and waits until it says what to try. */
async function startDevCommand(args: readonly string[] = []): Promise<{ command: Command; url: string }> {
  const command = await startCommand(["dev", ...PORTS, ...args], { cwd: import.meta.dirname });
  const line = await command.waitForLine(/curl http:\S+\/hello/, { withinMs: READY_MS });
  return { command, url: /http:\/\/localhost:\d+/.exec(line)?.[0] ?? "" };
}

async function bodyOf(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return await response.text();
}

/** The ids of all processes below one. */
async function descendantsOf(pid: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  const rows = stdout
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.filter(([, ppid]) => ppid === parent).flatMap(([child = 0]) => [child, ...below(child)]);
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("wayleave dev", { timeout: 120_000 }, () => {
  it("serves its demo apps in turn, and leaves nothing behind on SIGINT", async () => {
    const { command, url } = await startDevCommand();
    await using _ = command;
    const greeted = await Promise.all([1, 2, 3, 4].map(() => bodyOf(`${url}/hello`)));
    const counts = Map.groupBy(greeted, (body) => /hello-\d/.exec(body)?.[0] ?? body);
    expect([counts.get("hello-1")?.length, counts.get("hello-2")?.length]).toEqual([2, 2]);
    const seen = await bodyOf(`${url.replace("localhost", "127.0.0.1")}/whoami`);
    expect(seen).toMatch(/^Name: whoami-1\n/);
    expect(seen).toMatch(/^X-Forwarded-For: 127\.0\.0\.1$/m);

    const processes = await descendantsOf(command.pid);
    expect(processes.length).toBeGreaterThanOrEqual(6); // three times `wayleave run`, and an app below each
    command.kill("SIGINT");
    expect(await command.exit).toEqual({ code: EXIT.ok, signal: null });
    await eventually(() => expect(processes.filter(isAlive)).toEqual([]));
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("leaves no demo app behind when it is killed with SIGKILL", async () => {
    const { command } = await startDevCommand();
    await using _ = command;
    const processes = await descendantsOf(command.pid);
    expect(processes.length).toBeGreaterThanOrEqual(6);
    command.kill("SIGKILL");
    await eventually(() => expect(processes.filter(isAlive)).toEqual([]), { withinMs: 30_000 });
  });

  it("ends with 0 when it is told to while it starts", async () => {
    await using command = await startCommand(["dev", ...PORTS], { cwd: import.meta.dirname });
    await eventually(async () => expect((await descendantsOf(command.pid)).length).toBeGreaterThan(0));
    const processes = await descendantsOf(command.pid);
    command.kill("SIGTERM");
    expect(await command.exit).toEqual({ code: EXIT.ok, signal: null });
    await eventually(() => expect(processes.filter(isAlive)).toEqual([]));
  });

  it("uses a real etcd when it is told to, and takes its routes out of it again", async () => {
    await using bench = await embeddedBench();
    const theirs = bench.keys.route("localhost", "/hello");
    await bench.store.commit([{ put: theirs, value: '{"to":[{"app":"hello"}],"labels":{"mine":"yes"}}' }]);
    const { command, url } = await startDevCommand(["--etcd", bench.endpoint]);
    await using _ = command;
    expect(await bodyOf(`${url}/whoami`)).toMatch(/^Name: whoami-1\n/);
    command.kill("SIGTERM");
    expect((await command.exit).code).toBe(EXIT.ok);
    const { records } = await bench.store.list(bench.keys.table);
    expect(records.map(({ key }) => key)).toEqual([theirs]);
  });

  it("ends with 5 when that etcd is not there", async () => {
    await using command = await startCommand(["dev", ...PORTS, "--etcd", "http://127.0.0.1:1"]);
    expect((await command.exit).code).toBe(EXIT.unreachable);
    expect(command.stderr()).toMatch(/^wayleave: etcd at http:\/\/127\.0\.0\.1:1/m);
  });
});

async function start(said: string[], ports = { port: 0, adminPort: 0, etcdPort: 0 }): Promise<Dev> {
  const dev = await startDev({
    ...ports,
    connection: { etcd: "", prefix: "/wayleave/" },
    isEtcdOurs: true,
    ttlSeconds: 2,
    logger: pino({ level: "silent" }),
    say: (line) => said.push(line),
  });
  await dev.apps.ready(READY_MS);
  return dev;
}

describe("startDev", { timeout: 120_000 }, () => {
  it("moves to the next free port, and says so", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const said: string[] = [];
    await using dev = await start(said, { port, adminPort: 0, etcdPort: 0 });
    expect(dev.addresses.port).toBeGreaterThan(port);
    expect(said).toEqual([`port ${port} is taken: the router takes ${dev.addresses.port}`]);
    expect(await bodyOf(`http://localhost:${dev.addresses.port}/hello`)).toMatch(/^hello from/);
    taken.close();
  });

  it("keeps answering while etcd is stopped, and follows again when it is back", async () => {
    await using dev = await start([]);
    const url = `http://localhost:${dev.addresses.port}`;
    await dev.etcd.toggle();
    expect(dev.etcd.isOn).toBe(false);
    const during = await Promise.all(Array.from({ length: 20 }, () => bodyOf(`${url}/hello`)));
    expect(new Set(during.map((body) => /hello-\d/.exec(body)?.[0]))).toEqual(
      new Set(["hello-1", "hello-2"]),
    );
    await dev.etcd.toggle();
    expect(dev.etcd.isOn).toBe(true);
    await dev.store.commit([
      { put: dev.keys.route("localhost", "/later"), value: '{"to":[{"app":"hello"}]}' },
    ]);
    await eventually(async () => expect(await bodyOf(`${url}/later`)).toMatch(/^hello from/), {
      withinMs: 20_000,
    });
  });

  it("keeps answering while an instance is killed, and takes one more", async () => {
    const said: string[] = [];
    await using dev = await start(said);
    const url = `http://localhost:${dev.addresses.port}/hello`;
    dev.apps.kill("hello");
    expect(said[0]).toMatch(/^killed hello-2: /);
    expect(dev.apps.instances).toContainEqual({
      id: "hello-2",
      state: "killed",
      leaseLeftSeconds: expect.any(Number),
    });
    const during = await Promise.all(Array.from({ length: 20 }, () => bodyOf(url)));
    expect(new Set(during.map((body) => /hello-\d/.exec(body)?.[0]))).toEqual(new Set(["hello-1"]));
    await eventually(
      () => expect(said).toContainEqual(expect.stringMatching(/^the lease of hello-2 has run out/)),
      {
        withinMs: 20_000,
      },
    );
    expect(dev.apps.instances.map(({ id }) => id)).toEqual(["hello-1", "whoami-1"]);

    dev.apps.start("hello");
    await dev.apps.ready(READY_MS);
    await eventually(async () => expect(await bodyOf(url)).toMatch(/^hello from hello-3/));
  });
});
