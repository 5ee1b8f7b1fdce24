// top, tap, events and open, on admin listeners that say what the tests want.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { eventually, startCommand } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { startFakeAdmin } from "../testing/fake-admin.ts";
import { isScriptThere, runInTerminal } from "../testing/run-in-terminal.ts";
import { embeddedBench, runWayleave } from "../testing/run-wayleave.ts";
import { liveEvent, routeView, snapshot } from "../testing/views.ts";

const WAYLEAVE = fileURLToPath(new URL("../../bin/wayleave.js", import.meta.url));
const GREETING = snapshot([routeView("quiet.com", 0), routeView("busy.com", 5, { errorShare: 0.25 })]);
const SAMPLE = {
  at: 0,
  requestId: "r1",
  client: "10.0.0.9",
  method: "GET",
  host: "shop.com",
  path: "/cart\u001B[2J",
  route: "shop.com/",
  app: "shop",
  instance: "one",
  status: 502,
  failure: "connect-refused",
  attempts: 3,
  totalMs: 12.34,
  instanceMs: 12,
  ownMs: 0.3,
  bytesIn: 0,
  bytesOut: 10,
};

describe("wayleave top", { timeout: 30_000 }, () => {
  it("is one plain table in a pipe, of all routers that etcd names", async () => {
    await using bench = await embeddedBench();
    await using one = await startFakeAdmin({ greet: GREETING });
    await using other = await startFakeAdmin({ greet: GREETING });
    for (const [id, url] of Object.entries({ one: one.url, other: other.url, gone: "http://127.0.0.1:9" })) {
      const since = new Date(0).toISOString();
      const record = { admin: new URL(url).host, revision: 1, version: "0.1.0", since, workers: 0 };
      await bench.store.commit([{ put: bench.keys.replica(id), value: JSON.stringify(record) }]);
    }
    expect(await bench.run(["top"])).toEqual({
      code: EXIT.ok,
      stdout:
        "busy.com/\tshop\tok\t1/2\t10.0\t25%\t1.0\t10.0\t20.0\t2\nquiet.com/\tshop\tok\t1/2\t0.0\t0%\t1.0\t10.0\t20.0\t2\n",
      stderr: "",
    });
    expect(one.asked).toEqual(["/api/stream?topics=status%2Ctotals%2Croutes"]);
    const sorted = await bench.run(["top", "--once", "--sort", "name", "--filter", "QUIET", "--json"]);
    expect(JSON.parse(sorted.stdout)).toMatchObject({
      totals: { connections: 10 },
      routes: [{ host: "quiet.com" }],
    });
  });

  it("prints a line of JSON a second, and ends with 0 on Ctrl-C and when its reader goes", async () => {
    await using admin = await startFakeAdmin({ greet: GREETING });
    await using command = await startCommand(["top", "--json", "--admin", admin.url]);
    await eventually(() => expect(command.stdout().trim().split("\n").length).toBeGreaterThanOrEqual(2));
    command.kill("SIGINT");
    expect(await command.exit).toEqual({ code: EXIT.ok, signal: null });
    for (const line of command.stdout().trim().split("\n"))
      expect(JSON.parse(line)).toMatchObject({ routers: [{ id: "router-1" }], routes: { length: 2 } });
    const pipe = `"$0" "$1" top --json --admin ${admin.url} | head -n 1 | wc -l; echo "\${PIPESTATUS[0]}"`;
    const piped = await promisify(execFile)("bash", ["-c", pipe, process.execPath, WAYLEAVE]);
    expect([piped.stdout, piped.stderr]).toEqual(["1\n0\n", ""]);
  });

  it("says on stderr that a router is lost, and goes on when it is back", async () => {
    await using admin = await startFakeAdmin({ greet: GREETING });
    await using command = await startCommand(["top", "--json", "--admin", admin.url]);
    await command.waitForLine(/busy\.com/);
    admin.cut();
    await command.waitForLine(/^wayleave: the router at .* is lost: .*; trying again$/);
    await command.waitForLine(/^wayleave: the router at .* is back$/);
    expect(admin.asked).toHaveLength(2);
  });

  it.skipIf(!isScriptThere())("draws the terminal, takes keys, and gives the terminal back", async () => {
    await using admin = await startFakeAdmin({ greet: GREETING });
    const pressed = new Set<string>();
    const once = (key: string, press: (keys: string) => void): void => {
      if (!pressed.has(key)) press(key);
      pressed.add(key);
    };
    const { code, screen } = await runInTerminal(["top", "--admin", admin.url], {
      onScreen: (seen, press) => {
        if (seen.includes("busy.com/")) once("n", press);
        if (seen.includes("by name")) once("q", press);
      },
    });
    expect([
      code,
      screen.startsWith("\u001B[?1049h\u001B[?25l"),
      screen.endsWith("\u001B[?25h\u001B[?1049l"),
    ]).toEqual([EXIT.ok, true, true]);
  });
});

describe("wayleave tap", { timeout: 30_000 }, () => {
  it("asks for what is wanted, and prints a line a request, fit for a terminal", async () => {
    await using admin = await startFakeAdmin({ greet: [{ samples: [SAMPLE], skipped: 4 }] });
    const args = ["--host", "Shop.com", "--app", "shop", "--status", "5xx", "--rate", "3"];
    await using command = await startCommand(["tap", "--admin", admin.url, ...args]);
    await command.waitForLine(/connect-refused/);
    await command.waitForLine(/^wayleave: and 4 more, above --rate 3$/);
    command.kill("SIGINT");
    expect(await command.exit).toEqual({ code: EXIT.ok, signal: null });
    expect(command.stdout()).toBe(
      "1970-01-01T00:00:00.000Z\t502\tGET\tshop.com\t/cart\\u{1b}[2J\tshop/one\t12.3\tconnect-refused\tr1\n",
    );
    expect(admin.asked).toEqual(["/api/tap?host=shop.com&app=shop&status=5xx&rate=3"]);
  });

  it("prints a line of JSON a request", async () => {
    await using admin = await startFakeAdmin({ greet: [{ samples: [SAMPLE, SAMPLE], skipped: 0 }] });
    await using command = await startCommand(["tap", "--json", "--admin", admin.url]);
    await eventually(() => expect(command.stdout().trim().split("\n")).toHaveLength(2));
    for (const line of command.stdout().trim().split("\n")) expect(JSON.parse(line)).toEqual(SAMPLE);
  });

  it.each([
    [EXIT.usage, ["--status", "700"]],
    [EXIT.usage, ["--rate", "0"]],
    [EXIT.invalid, ["--host", "no host"]],
    [EXIT.invalid, ["--admin", "nonsense"]],
    [EXIT.invalid, ["--admin-token-file", "/nowhere/token"]],
    [EXIT.unreachable, ["--admin", "127.0.0.1:9"]],
  ])("ends with %d for %j", async (exit, args) => {
    const { code, stderr } = await runWayleave(["tap", "--admin", "127.0.0.1:9", ...args]);
    expect([code, stderr]).toEqual([exit, expect.stringMatching(/^wayleave: .+\n$/)]);
  });
});

describe("wayleave events", { timeout: 30_000 }, () => {
  it("prints what a router remembers, no older than wanted", async () => {
    const old = liveEvent(1, { at: Date.now() - 3_600_000 });
    const now = liveEvent(2, {
      level: "warn",
      kind: "ejected",
      text: "shop/one is left out",
      revision: null,
    });
    await using admin = await startFakeAdmin({ answers: { "/api/events": [old, now] } });
    const args = ["events", "--admin", admin.url];
    expect((await runWayleave(args)).stdout.split("\n")).toHaveLength(3);
    const { code, stdout } = await runWayleave([...args, "--since", "10m"]);
    expect([code, stdout]).toEqual([
      EXIT.ok,
      `${new Date(now.at).toISOString()}\twarn\tejected\t-\tshop/one is left out\n`,
    ]);
    const json = await runWayleave([...args, "--since", "10m", "--json"]);
    expect(JSON.parse(json.stdout)).toEqual(now);
  });

  it("follows what happens, each once although the stream was cut", async () => {
    const events = [liveEvent(1), liveEvent(2)];
    const greet = [{ kind: "events", now: 1, events }];
    await using admin = await startFakeAdmin({ greet });
    await using command = await startCommand(["events", "--follow", "--admin", admin.url]);
    await command.waitForLine(/event 2/);
    admin.cut();
    await command.waitForLine(/is back/);
    admin.send({ kind: "events", now: 1, events: [liveEvent(3)] });
    await command.waitForLine(/event 3/);
    command.kill("SIGTERM");
    expect(await command.exit).toEqual({ code: EXIT.ok, signal: null });
    expect(command.stdout().match(/event \d/g)).toEqual(["event 1", "event 2", "event 3"]);
  });
});

describe("wayleave open", { timeout: 30_000 }, () => {
  it("prints the address of the dashboard, and opens nothing in a pipe", async () => {
    const { code, stdout, stderr } = await runWayleave(["open", "--admin", "127.0.0.1:9080"]);
    expect([code, stdout, stderr]).toEqual([EXIT.ok, "http://127.0.0.1:9080/dashboard/\n", ""]);
    const json = await runWayleave(["open", "--admin", "0.0.0.0:9080", "--json"]);
    expect(JSON.parse(json.stdout)).toEqual({ url: "http://127.0.0.1:9080/dashboard/", isOpened: false });
  });

  it.skipIf(!isScriptThere())("says on a terminal when there is no browser", async () => {
    const env = { DISPLAY: "", WAYLAND_DISPLAY: "", BROWSER: "" };
    const { code, screen } = await runInTerminal(["open", "--admin", "127.0.0.1:9080"], { env });
    expect([code, screen]).toEqual([EXIT.ok, expect.stringContaining("there is no browser here")]);
  });

  it("ends with 5 and says what to do when no router is running", async () => {
    await using bench = await embeddedBench();
    const { code, stderr } = await bench.run(["open"]);
    expect([code, stderr]).toEqual([
      EXIT.unreachable,
      expect.stringMatching(/no router is running.*--admin/),
    ]);
  });
});
