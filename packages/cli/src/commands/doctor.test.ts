import { TestAuthority, realEtcd, startCommand, startEtcd } from "@wayleave/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, createBench, embeddedBench } from "../testing/run-wayleave.ts";

interface Told {
  readonly verdict: string;
  readonly checks: readonly { readonly check: string; readonly about: string; readonly verdict: string }[];
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * 86_400_000);
}

async function examine(bench: Bench, ...args: string[]): Promise<{ code: number | null; told: Told }> {
  const { code, stdout } = await bench.run(["doctor", "--json", ...args]);
  const told: Told = JSON.parse(stdout);
  return { code, told };
}

describe("wayleave doctor", { timeout: 120_000 }, () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await embeddedBench();
  });
  afterEach(() => bench[Symbol.asyncDispose]());

  it("finds nothing wrong with a router and its table, and changes nothing", async () => {
    await bench.store.commit([{ put: bench.keys.route("a.com", "/"), value: '{"to":[{"app":"a"}]}' }]);
    await bench.store.commit([
      { put: bench.keys.instance("a", "1"), value: '{"address":"10.0.0.1","port":80}' },
    ]);
    await using router = await startCommand(
      ["router", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--id", "one", "--workers", "0"],
      { env: { WAYLEAVE_ETCD: bench.endpoint } },
    );
    await router.waitForLine(/"router-started"/);
    const before = await bench.store.list(bench.keys.table);
    const { code, told } = await examine(bench);
    // How fast etcd answers is this machine's affair.
    expect(told.checks.filter(({ check, verdict }) => verdict !== "ok" && check !== "endpoint")).toEqual([]);
    expect(code).toBe(EXIT.ok);
    expect(told.checks.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["endpoint", "may-read", "may-write", "records", "router-revision", "clock"]),
    );
    expect((await bench.store.list(bench.keys.table)).records).toEqual(before.records);
  });

  it("warns of no router, bad records and empty routes, with what to do, and ends with 0", async () => {
    await bench.store.commit([{ put: bench.keys.route("a.com", "/"), value: '{"to":[{"app":"a"}]}' }]);
    await bench.store.commit([{ put: bench.keys.route("b.com", "/"), value: "{}" }]);
    const { code, stdout } = await bench.run(["doctor"]);
    expect(code).toBe(EXIT.ok);
    expect(stdout).toMatch(
      /^warn {2}records: 1 route, 0 instances; 1 record that no router can use: .*b\.com\//m,
    );
    expect(stdout).toMatch(/^warn {2}routes: without a ready instance: a\.com\/\n {6}do: /m);
    expect(stdout).toMatch(/^warn {2}routers: none is running under \/wayleave\//m);
    expect(stdout).toMatch(/\d+ ok, [34] to look at, 0 failed\n$/);
  });

  it("warns of certificates that have expired or soon will", async () => {
    const authority = new TestAuthority();
    const until = (days: number): string =>
      JSON.stringify(authority.issue(["a.com"], { notBefore: inDays(-90), notAfter: inDays(days) }));
    const { keys } = bench;
    await bench.store.commit([{ put: keys.certificate("fresh"), value: until(15) }]);
    expect((await bench.run(["doctor"])).stdout).toMatch(/^ok {4}certificates: 1 certificate, and none/m);
    await bench.store.commit([
      { put: keys.certificate("old"), value: until(-1) },
      { put: keys.certificate("soon"), value: until(13) },
    ]);
    expect((await bench.run(["doctor"])).stdout).toMatch(
      /^warn {2}certificates: expired: old; to expire within 14 days: soon\n {6}do: renew them/m,
    );
  });

  it("fails when a router is behind, and when etcd does not answer", async () => {
    const since = new Date(0).toISOString();
    const record = { admin: "127.0.0.1:9", revision: 0, version: "0.1.0", since, workers: 0 };
    await bench.store.commit([{ put: bench.keys.settings, value: "{}" }]);
    await bench.store.commit([{ put: bench.keys.replica("late"), value: JSON.stringify(record) }]);
    const late = await examine(bench);
    expect([late.code, late.told.verdict]).toEqual([EXIT.failed, "fail"]);
    expect(late.told.checks).toContainEqual(
      expect.objectContaining({ check: "router-revision", about: "late", verdict: "fail" }),
    );
    const { code, told } = await examine(bench, "--etcd", "http://127.0.0.1:1");
    expect([code, told.checks]).toEqual([
      EXIT.failed,
      [expect.objectContaining({ check: "endpoint", about: "http://127.0.0.1:1", verdict: "fail" })],
    ]);
  });

  it("ends with 2 when it is to be two users at once", async () => {
    const { code, stderr } = await bench.run(["doctor", "--app", "a", "--router-id", "b"]);
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining("not both")]);
  });
});

describe.skipIf(!realEtcd.isAvailable)("wayleave doctor on a real etcd", { timeout: 120_000 }, () => {
  it("knows its quota, its compaction and its clock, and writes nothing", async () => {
    const etcd = await startEtcd();
    await using bench = createBench(etcd.endpoints[0] ?? "", () => etcd.close());
    const revision = await bench.revision();
    const { told } = await examine(bench);
    for (const check of ["quota", "compaction", "clock"])
      expect(told.checks).toContainEqual(expect.objectContaining({ check, verdict: "ok" }));
    expect(await bench.revision()).toBe(revision);
  });
});
