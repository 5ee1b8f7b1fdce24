import { keysUnder } from "@wayleave/records";
import { type Write, openStore } from "@wayleave/store";
import {
  ask,
  type Command,
  type EtcdCluster,
  eventually,
  freePort,
  realEtcd,
  startCommand,
  startEtcd,
  temporaryDirectory,
} from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const INSTANCES = 99_000;
const ROUTES = 1_000;
const WRITES_A_TRANSACTION = 125;
const LANES = 8;
const QUIET_EMPTY_START_MS = 400;
const BUDGET_FROM_ETCD_MS = 2_000;
const BUDGET_FROM_DISK_MS = 1_000;
/** Out of so many starts the fastest counts: the machine does other things too. */
const STARTS = 3;
const READY_WITHIN_MS = 60_000;
const SLOWLY = { withinMs: 60_000 };

const keys = keysUnder();

describe.skipIf(!realEtcd.isAvailable)("a router with 100,000 records", { timeout: 300_000 }, () => {
  const stateDir = temporaryDirectory("state");
  let etcd: EtcdCluster;
  let flags: readonly string[];

  beforeAll(async () => {
    etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    const batches = chunks([...routes(), ...instances()], WRITES_A_TRANSACTION).values();
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        for (const batch of batches) await store.commit(batch);
      }),
    );
    flags = ["--etcd", etcd.endpoints.join(","), "--access-log", "off"];
  });
  afterAll(() => etcd.close());

  it("is ready soon, and sooner from its state on disk without etcd", async () => {
    const emptyMs = await fastest(() => startAndStop([...flags, "--prefix", "/empty/"], 0));
    const fromEtcdMs = await fastest(() => startAndStop(flags, INSTANCES));
    await startAndStop([...flags, "--state-dir", stateDir], INSTANCES); // it is saved when the router closes
    await Promise.all(etcd.members.map((member) => member.stop()));
    const fromDiskMs = await fastest(() => startAndStop([...flags, "--state-dir", stateDir], INSTANCES));
    // The budgets are for a quiet machine: how slow this one is now, an empty router's start tells.
    const slowness = Math.max(1, emptyMs / QUIET_EMPTY_START_MS);
    expect({ emptyMs, fromEtcdMs, slowness }).toSatisfy(
      () => fromEtcdMs < 2 * BUDGET_FROM_ETCD_MS * slowness,
    );
    expect({ emptyMs, fromDiskMs, slowness }).toSatisfy(
      () => fromDiskMs < 2 * BUDGET_FROM_DISK_MS * slowness,
    );
    if (process.env["WAYLEAVE_SOAK"] === "1") console.log({ emptyMs, fromEtcdMs, fromDiskMs });
  });

  it("has a killed worker back with all of them, while etcd is away", async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    const ports = ["--listen", "127.0.0.1:0", "--admin", admin, "--workers", "1"];
    await using command = await startCommand(["router", ...flags, "--state-dir", stateDir, ...ports]);
    await ready(`http://${admin}/readyz`, command);
    const started: { listen: string } = JSON.parse(await command.waitForLine(/"router-started"/));
    const [killed] = await workersOf(admin);
    if (killed === undefined) throw new Error("no worker");
    const since = performance.now();
    process.kill(killed.pid, "SIGKILL");
    const successor = await eventually(async () => {
      const found = (await workersOf(admin)).find(
        ({ pid, state }) => pid !== killed.pid && state === "serving",
      );
      if (found === undefined) throw new Error("no successor yet");
      return found;
    }, SLOWLY);
    console.log(`a killed worker is back after ${Math.round(performance.now() - since)} ms`);
    expect(successor).toMatchObject({ place: killed.place, revision: killed.revision });
    // Nobody listens at the instances: that it tried one says that it has the route and the instance.
    const port = Number(started.listen.split(":").at(-1));
    for (const number of [0, Math.floor(ROUTES / 2), ROUTES - 1]) {
      expect(await ask(port, `h${number}.example`)).toMatchObject({ failure: "connect-refused" });
    }
  });
});

async function workersOf(
  admin: string,
): Promise<readonly { pid: number; place: number; revision: number; state: string }[]> {
  return JSON.parse(await (await fetch(`http://${admin}/api/workers`)).text());
}

async function fastest(start: () => Promise<number>): Promise<number> {
  let bestMs = Infinity;
  for (let count = 0; count < STARTS; count += 1) bestMs = Math.min(bestMs, await start());
  return Math.round(bestMs);
}

/** Milliseconds from the start of the process to its first 200 at /readyz. */
async function startAndStop(flags: readonly string[], instanceCount: number): Promise<number> {
  const admin = `127.0.0.1:${await freePort()}`;
  const since = performance.now();
  await using command = await startCommand(["router", "--listen", "127.0.0.1:0", "--admin", admin, ...flags]);
  await ready(`http://${admin}/readyz`, command);
  const tookMs = performance.now() - since;
  const status: { instances: number } = JSON.parse(await (await fetch(`http://${admin}/api/status`)).text());
  expect(status.instances).toBe(instanceCount);
  command.kill("SIGTERM");
  await command.exit;
  return tookMs;
}

async function ready(url: string, command: Command): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
  throw new Error(`the router was not ready in ${READY_WITHIN_MS} ms:\n${command.stdout()}`);
}

function routes(): Write[] {
  return Array.from({ length: ROUTES }, (_, number) => ({
    put: keys.route(`h${number}.example`, "/"),
    value: JSON.stringify({ to: [{ app: `app${number}` }] }),
  }));
}

function instances(): Write[] {
  return Array.from({ length: INSTANCES }, (_, number) => {
    const address = `127.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
    const key = keys.instance(`app${number % ROUTES}`, `i${number}`);
    return { put: key, value: JSON.stringify({ address, port: 9, state: "ready", zone: "eu-1a" }) };
  });
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}
