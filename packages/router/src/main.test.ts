import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { openStore } from "@wayleave/store";
import { ask, eventually, startDemoApp } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { instance, keys, route } from "./testing/router-world.ts";

interface Line {
  readonly msg: string;
  readonly listen?: string;
}

/** `runRouter` as the command runs it, in a process of its own. */
interface RunningProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: readonly Line[];
  /** Exit code and signal. */
  readonly exit: Promise<unknown[]>;
}

function runIn(endpoint: string): RunningProcess {
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
  const exit = once(child, "exit");
  const lines: Line[] = [];
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    const whole = (rest + chunk).split("\n");
    rest = whole.pop() ?? "";
    lines.push(...whole.map((line) => JSON.parse(line)));
  });
  const dispose = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exit;
  };
  return { child, lines, exit, [Symbol.asyncDispose]: dispose };
}

/** Waits for a line of the log; a process takes its time to start on a busy machine. */
function logged({ lines }: RunningProcess, event: string): Promise<Line> {
  return eventually(() => find(lines, event), { withinMs: 60_000, what: `a line "${event}"` });
}

function find(lines: readonly Line[], event: string): Line {
  const line = lines.find(({ msg }) => msg === event);
  if (line === undefined) throw new Error(`no ${event} among ${lines.map(({ msg }) => msg).join(", ")}`);
  return line;
}

describe("the router's process", { timeout: 120_000 }, () => {
  it("tells its ports in one line, finishes at SIGTERM, and is cut by the second", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using app = await startDemoApp({ name: "slow" });
    await store.commit([
      { put: keys.route("slow.example", "/"), value: route("slow") },
      { put: keys.instance("slow", "1"), value: instance(app.port) },
    ]);
    await using run = runIn(etcd.endpoint);
    const { listen } = await logged(run, "router-started");
    const port = Number(listen?.split(":").at(-1));
    expect(await ask(port, "slow.example")).toMatchObject({ status: 200 });
    const cut = ask(port, "slow.example", "/slow?ms=60000").catch((error: unknown) => error);
    await eventually(() => expect(app.requests).toBe(2));
    run.child.kill("SIGTERM");
    await logged(run, "router-stopping");
    run.child.kill("SIGTERM");
    expect(await run.exit).toEqual([1, null]);
    expect(await cut).toBeInstanceOf(Error);
  });

  it("ends with 0 at SIGINT when nothing runs, and takes its replica record away", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using store = openStore({ endpoints: [etcd.endpoint] });
    await using run = runIn(etcd.endpoint);
    await logged(run, "router-started");
    await eventually(async () => expect((await store.list(keys.replicas)).records).toHaveLength(1));
    run.child.kill("SIGINT");
    expect(await run.exit).toEqual([0, null]);
    expect((await store.list(keys.replicas)).records).toEqual([]);
  });

  it("ends at SIGTERM while it waits for etcd", async () => {
    await using run = runIn("http://127.0.0.1:1");
    await logged(run, "waiting-for-etcd");
    run.child.kill("SIGTERM");
    expect(await run.exit).toEqual([0, null]);
  });
});
