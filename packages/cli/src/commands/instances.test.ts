import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await embeddedBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

async function recordOf(app: string, id: string): Promise<unknown> {
  const { record } = await bench.store.get(bench.keys.instance(app, id));
  return record === undefined ? undefined : JSON.parse(record.value);
}

describe("wayleave instances", { timeout: 120_000 }, () => {
  it("writes a static instance, and keeps what it is not told of", async () => {
    const options = ["--version", "v1", "--zone", "a", "--weight", "2", "--tag", "rack=7"];
    const first = await bench.run(["instances", "set", "legacy/one", "[2001:DB8::7]:8080", ...options]);
    expect([first.code, first.stdout]).toEqual([
      EXIT.ok,
      `created instance legacy/one at [2001:db8::7]:8080 (revision ${await bench.revision()})\n`,
    ]);
    const record = {
      address: "2001:db8::7",
      port: 8080,
      state: "ready",
      version: "v1",
      zone: "a",
      weight: 2,
    };
    expect(await recordOf("legacy", "one")).toEqual({ ...record, tags: { rack: "7" } });
    await bench.run(["instances", "set", "legacy/one", "10.0.0.3:80", "--tag", "row=1"]);
    const moved = { ...record, address: "10.0.0.3", port: 80, tags: { rack: "7", row: "1" } };
    expect(await recordOf("legacy", "one")).toEqual(moved);
    await bench.run(["instances", "set", "legacy/one", "10.0.0.3:81", "--replace"]);
    expect(await recordOf("legacy", "one")).toEqual({ address: "10.0.0.3", port: 81, state: "ready" });
  });

  it.concurrent.each([
    [EXIT.invalid, ["set", "legacy/new", "10.0.0.3:0"], /port 0 is not between/],
    [EXIT.invalid, ["set", "legacy/new", "10.0.0.3:70000"], /port 70000 is not between/],
    [EXIT.invalid, ["set", "legacy/new", "example.com:80"], /a name is never looked up/],
    [EXIT.invalid, ["set", "legacy/new", "10.0.0.3"], /not ADDRESS:PORT/],
    [EXIT.invalid, ["set", "legacy", "10.0.0.3:80"], /"legacy" is not APP\/ID/],
    [EXIT.invalid, ["set", "bad app/new", "10.0.0.3:80"], /app "bad app" is not a name/],
    [EXIT.invalid, ["set", "legacy/new", "10.0.0.3:80", "--weight", "-1"], /weight "-1"/],
    [EXIT.usage, ["set", "legacy/new"], /missing required argument/],
    [EXIT.usage, ["set", "legacy/new", "10.0.0.3:80", "--tag", "x"], /KEY=VALUE/],
    [EXIT.usage, ["set", "legacy/new", "10.0.0.3:80", "81"], /too many arguments/],
    [EXIT.notFound, ["get", "legacy/none"], /no instance legacy\/none/],
    [EXIT.notFound, ["rm", "legacy/none"], /no instance legacy\/none/],
    [EXIT.notFound, ["drain", "legacy/none"], /no instance legacy\/none/],
  ])("ends with %d, one clear line and nothing written for %j", async (exit, args, reason) => {
    const before = await bench.revision();
    const { code, stdout, stderr } = await bench.run(["instances", ...args]);
    expect([code, stdout]).toEqual([exit, ""]);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^wayleave: [^\n]+\n$/);
    expect(await bench.revision()).toBe(before);
  });

  it("leaves an instance that a registrar holds alone, unless it is forced", async () => {
    const leased = bench.store.holdLease({ ttlSeconds: 60 });
    const key = bench.keys.instance("shop", "held");
    await leased.set(key, '{"address":"10.0.0.9","port":80}');
    const before = await bench.revision();
    const set = await bench.run(["instances", "set", "shop/held", "10.0.0.3:80"]);
    expect([set.code, set.stderr]).toEqual([
      EXIT.conflict,
      expect.stringMatching(/held by lease \d+ .*--force/),
    ]);
    const rm = await bench.run(["instances", "rm", "shop/held"]);
    expect([rm.code, rm.stderr]).toEqual([
      EXIT.conflict,
      expect.stringMatching(/held by a running registrar/),
    ]);
    expect(await bench.revision()).toBe(before);

    await bench.json(["instances", "drain", "shop/held"]);
    const drained = (await bench.store.get(key)).record;
    expect([drained?.lease, JSON.parse(drained?.value ?? "")]).toEqual([
      leased.lease,
      { address: "10.0.0.9", port: 80, state: "draining" },
    ]);
    await bench.run(["instances", "undrain", "shop/held"]);
    expect(await recordOf("shop", "held")).toMatchObject({ state: "ready" });

    expect((await bench.run(["instances", "set", "shop/held", "10.0.0.3:80", "--force"])).code).toBe(EXIT.ok);
    expect((await bench.store.get(key)).record?.lease).toBe("0");
    leased.destroy();
  });

  it("lists instances tab-separated in a pipe, and as JSON with what holds them", async () => {
    const leased = bench.store.holdLease({ ttlSeconds: 60 });
    const record = { address: "10.1.0.1", port: 80, version: "v2" };
    const revision = await leased.set(bench.keys.instance("ls", "held"), JSON.stringify(record));
    await bench.run(["instances", "set", "ls/static", "10.1.0.2:80", "--weight", "0"]);
    const next = await bench.revision();
    const { stdout } = await bench.run(["instances", "ls", "ls"]);
    expect(stdout.replace(/\d+s$/m, "Ns")).toBe(
      `ls/held\t10.1.0.1:80\tready\tlease\tv2\t-\t-\t${revision}\tNs\nls/static\t10.1.0.2:80\tready\tstatic\t-\t-\t0\t${next}\t-\n`,
    );
    expect(await bench.json(["instances", "ls", "ls"])).toEqual({
      revision: next,
      instances: [
        {
          app: "ls",
          id: "held",
          revision,
          lease: leased.lease,
          leaseSecondsLeft: expect.any(Number),
          record,
        },
        {
          app: "ls",
          id: "static",
          revision: next,
          lease: null,
          leaseSecondsLeft: null,
          record: { address: "10.1.0.2", port: 80, state: "ready", weight: 0 },
        },
      ],
      bad: [],
    });
    await leased.close();
  });

  it("evicts one that a registrar holds: draining first, gone when every router knows", async () => {
    const leased = bench.store.holdLease({ ttlSeconds: 60 });
    const key = bench.keys.instance("ev", "one");
    await leased.set(key, '{"address":"10.0.0.9","port":80}');
    const since = new Date(0).toISOString();
    const publish = async (revision: number): Promise<void> => {
      const replica = { admin: "127.0.0.1:9", revision, version: "0.1.0", since, workers: 0 };
      await bench.store.commit([{ put: bench.keys.replica("slow"), value: JSON.stringify(replica) }]);
    };
    await publish(1);
    const args = ["instances", "evict", "ev/one"];
    const late = await bench.run([...args, "--wait-timeout", "300ms"]);
    expect([late.code, late.stderr]).toEqual([EXIT.failed, expect.stringContaining("slow (at 1)")]);
    expect(await recordOf("ev", "one")).toMatchObject({ state: "draining" });
    await publish(1_000_000);
    expect((await bench.run([...args, "--dry-run"])).stdout).toMatch(/nothing was written/);
    expect(await bench.json(args)).toEqual({ revision: await bench.revision(), app: "ev", id: "one" });
    expect(await recordOf("ev", "one")).toBeUndefined();
    expect((await bench.run(args)).code).toBe(EXIT.notFound);
    await bench.store.commit([{ delete: bench.keys.replica("slow") }]);
    leased.destroy();
  });

  it("shows and removes one", async () => {
    await bench.run(["instances", "set", "x/one", "10.2.0.1:80"]);
    const revision = await bench.revision();
    expect((await bench.run(["instances", "get", "x/one"])).stdout).toBe(
      "instances:\n  x/one:\n    address: 10.2.0.1\n    port: 80\n    state: ready\n",
    );
    expect(await bench.json(["instances", "get", "x/one"])).toEqual({
      app: "x",
      id: "one",
      revision,
      lease: null,
      leaseSecondsLeft: null,
      record: { address: "10.2.0.1", port: 80, state: "ready" },
    });
    expect(await bench.json(["instances", "rm", "x/one"])).toEqual({
      revision: revision + 1,
      removed: ["x/one"],
    });
    expect(await recordOf("x", "one")).toBeUndefined();
  });
});
