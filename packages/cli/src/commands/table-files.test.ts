import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench, runWayleave } from "../testing/run-wayleave.ts";

let bench: Bench;
let directory: string;

beforeEach(async () => {
  bench = await embeddedBench();
  directory = await mkdtemp(join(tmpdir(), "wayleave-cli-"));
});
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function write(text: string): Promise<string> {
  const file = join(directory, "table.yaml");
  await writeFile(file, text);
  return file;
}

function routes(count: number): string {
  return JSON.stringify({
    routes: Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`h${n}.example.com`, { to: [{ app: "a" }] }]),
    ),
  });
}

describe("wayleave validate", { timeout: 120_000 }, () => {
  it("needs no etcd", async () => {
    const file = await write("routes: { a.b: { to: [{ app: a }] } }");
    const { code, stdout, stderr } = await runWayleave(["validate", "-f", file]);
    expect([code, stdout, stderr]).toEqual([EXIT.ok, `${file} is good: 1 record\n`, ""]);
    const { stdout: json } = await runWayleave(["validate", "-f", file, "--json"]);
    expect(JSON.parse(json)).toEqual({ file, records: 1 });
  });

  it("names every mistake with file, line and column", async () => {
    const file = await write("routes:\n  a b: { to: [{ app: a }] }\n  c.d:\n    to: []\n");
    const { code, stdout, stderr } = await runWayleave(["validate", "-f", file]);
    expect([code, stdout]).toEqual([EXIT.invalid, ""]);
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(/^wayleave: .*table\.yaml:2:3: host "a b"/),
      expect.stringMatching(/^wayleave: .*table\.yaml:4:5: route c\.d\/: to: needs one app or more/),
      "",
    ]);
  });

  it("warns of a field that means nothing", async () => {
    const file = await write("routes: { a.b: { to: [{ app: a }], balnce: round-robin } }");
    const { code, stderr } = await runWayleave(["validate", "-f", file]);
    expect([code, stderr]).toEqual([
      EXIT.ok,
      expect.stringMatching(/table\.yaml:1:36: .*"balnce" means nothing/),
    ]);
  });

  it("ends with 6 for a file that is not there, and with 2 without one", async () => {
    expect((await runWayleave(["validate", "-f", join(directory, "none")])).code).toBe(EXIT.invalid);
    expect((await runWayleave(["validate"])).code).toBe(EXIT.usage);
  });
});

describe("wayleave apply", { timeout: 120_000 }, () => {
  it("makes the table what the file says, in one revision", async () => {
    const file = await write(`
settings: { retries: { attempts: 2 } }
routes:
  a.example.com: { to: [{ app: a }] }
  "*.example.com/x": { to: [{ app: b, version: v1 }], future: yes }
instances:
  a/one: { address: 10.0.0.1, port: 80 }
`);
    const before = await bench.revision();
    const { code, stdout } = await bench.run(["apply", "-f", file]);
    expect([code, stdout]).toEqual([
      EXIT.ok,
      `+ settings\n+ instance a/one\n+ route a.example.com/\n+ route *.example.com/x\n4 created, 0 changed, 0 removed (revision ${before + 1})\n`,
    ]);
    const { records, revision } = await bench.store.list(bench.keys.table);
    expect(revision).toBe(before + 1);
    expect(records.map(({ key, value }) => [key.slice(bench.keys.table.length), JSON.parse(value)])).toEqual([
      ["instances/a/one", { address: "10.0.0.1", port: 80 }],
      ["routes/*.example.com/x", { to: [{ app: "b", version: "v1" }], future: "yes" }],
      ["routes/a.example.com/", { to: [{ app: "a" }] }],
      ["settings", { retries: { attempts: 2 } }],
    ]);
  });

  it("writes nothing that is the same, and removes nothing without --prune", async () => {
    await bench.run([
      "apply",
      "-f",
      await write("routes: { a.b: { to: [{ app: a }] }, c.d: { to: [{ app: a }] } }"),
    ]);
    const before = await bench.revision();
    const file = await write("routes: { a.b: { to: [{ app: a }] } }\ninstances: {}");
    expect((await bench.run(["apply", "-f", file])).stdout).toBe("nothing to change\n");
    expect(await bench.json(["apply", "-f", file])).toEqual({ revision: null, revisions: [], changes: [] });
    expect(await bench.revision()).toBe(before);

    const dry = await bench.run(["apply", "-f", file, "--prune", "--dry-run"]);
    expect(dry.stdout).toBe("- route c.d/\n0 created, 0 changed, 1 removed (dry run: nothing was written)\n");
    expect(await bench.revision()).toBe(before);

    expect(await bench.json(["apply", "-f", file, "--prune"])).toEqual({
      revision: before + 1,
      revisions: [before + 1],
      changes: [
        {
          action: "delete",
          what: "route c.d/",
          key: bench.keys.route("c.d", "/"),
          before: { to: [{ app: "a" }] },
          after: null,
        },
      ],
    });
  });

  it("says that it needs batches, and writes each as one revision", async () => {
    const before = await bench.revision();
    const { code, stdout, stderr } = await bench.run(["apply", "-f", "-"], { input: routes(300) });
    expect([code, stderr]).toEqual([
      EXIT.ok,
      "wayleave: 300 changes do not fit into one transaction: 3 batches, each one revision\n",
    ]);
    expect(stdout).toContain(`300 created, 0 changed, 0 removed (revision ${before + 3})`);
    expect((await bench.run(["diff", "-f", "-"], { input: routes(300) })).code).toBe(EXIT.ok);
  });

  it("writes nothing of a file with a mistake", async () => {
    const before = await bench.revision();
    const input = "routes:\n  a.b: { to: [{ app: a }] }\n  c.d: { to: [{ app: a, weight: -1 }] }\n";
    const { code, stdout, stderr } = await bench.run(["apply", "-f", "-"], { input });
    expect([code, stdout]).toEqual([EXIT.invalid, ""]);
    expect(stderr).toBe("wayleave: stdin:3:25: route c.d/: to[0].weight: must not be negative\n");
    expect(await bench.revision()).toBe(before);
  });

  it("refuses to make a registered instance static", async () => {
    const leased = bench.store.holdLease({ ttlSeconds: 60 });
    await leased.set(bench.keys.instance("a", "one"), '{"address":"10.0.0.1","port":80}');
    const before = await bench.revision();
    const input = "instances: { a/one: { address: 10.0.0.2, port: 80 } }";
    const { code, stderr } = await bench.run(["apply", "-f", "-"], { input });
    expect([code, stderr]).toEqual([EXIT.conflict, expect.stringContaining("held by a running registrar")]);
    expect(await bench.revision()).toBe(before);
    await leased.close();
  });
});

describe("wayleave diff", { timeout: 120_000 }, () => {
  it("ends with 0 when nothing differs, with 1 and the fields when something does", async () => {
    const file = await write("routes: { a.b: { to: [{ app: a }], labels: { x: '1' }, future: 1 } }");
    await bench.run(["apply", "-f", file]);
    const before = await bench.revision();
    const same = await bench.run(["diff", "-f", file]);
    expect([same.code, same.stdout]).toEqual([EXIT.ok, ""]);
    const other = await write(
      "routes: { a.b: { to: [{ app: b }], labels: { x: '2' } }, new.b: { to: [{ app: a }] } }",
    );
    const differs = await bench.run(["diff", "-f", other]);
    expect([differs.code, differs.stdout]).toEqual([
      1,
      '~ route a.b/\n    to: [{"app":"a"}] -> [{"app":"b"}]\n    labels.x: "1" -> "2"\n    future: 1 -> (nothing)\n+ route new.b/\n',
    ]);
    const json = await bench.run(["diff", "-f", other, "--json"]);
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
      1,
      { revision: before, changes: [{ action: "update" }, { action: "create", before: null }] },
    ]);
    expect(await bench.revision()).toBe(before);
  });

  it("counts what is only in etcd with --prune alone", async () => {
    await bench.run(["apply", "-f", "-"], { input: routes(1) });
    expect((await bench.run(["diff", "-f", "-"], { input: "routes: {}" })).code).toBe(EXIT.ok);
    const pruned = await bench.run(["diff", "-f", "-", "--prune"], { input: "routes: {}" });
    expect([pruned.code, pruned.stdout]).toEqual([1, "- route h0.example.com/\n"]);
  });

  it("ends with 2 or more for an error", async () => {
    expect((await bench.run(["diff", "-f", "-"], { input: "routes: 7" })).code).toBe(EXIT.invalid);
    const env = { WAYLEAVE_ETCD: "http://127.0.0.1:1" };
    expect((await bench.run(["diff", "-f", "-"], { input: "routes: {}", env })).code).toBe(EXIT.unreachable);
  });
});

describe("wayleave export", { timeout: 120_000 }, () => {
  it("gives a file that changes nothing when it is applied, not even with --prune", async () => {
    const leased = bench.store.holdLease({ ttlSeconds: 60 });
    await leased.set(bench.keys.instance("a", "leased"), '{"address":"10.0.0.9","port":80}');
    await bench.store.commit([
      { put: bench.keys.settings, value: '{"addressConflict":"both","later":[1,2.5,null,"*"]}' },
      {
        put: bench.keys.route("*", "/"),
        value: '{"to":[{"app":"a","weight":0.5}],"x":{"y":"#no comment","z":"yes"}}',
      },
      {
        put: bench.keys.route("[2001:db8::1]", "/x"),
        value: '{"labels":{"multi":"two\\nlines","esc":"\\u001b"},"to":[{"app":"1"}]}',
      },
      {
        put: bench.keys.instance("a", "one"),
        value: '{"port":80,"address":"::FFFF:10.0.0.1","unknown":{"n":1e21}}',
      },
    ]);
    const before = await bench.revision();
    const { code, stdout } = await bench.run(["export"]);
    expect(code).toBe(EXIT.ok);
    expect(stdout).not.toContain("a/leased");
    const applied = await bench.run(["apply", "-f", "-", "--prune"], { input: stdout });
    expect([applied.code, applied.stdout]).toEqual([EXIT.ok, "nothing to change\n"]);
    const json = await bench.run(["export", "--json"]);
    expect((await bench.run(["diff", "-f", "-", "--prune"], { input: json.stdout })).code).toBe(EXIT.ok);
    expect(await bench.revision()).toBe(before);
    await leased.close();
  });

  it("leaves bad records out, names them, and ends with 1", async () => {
    await bench.store.commit([
      { put: bench.keys.route("good.com", "/"), value: '{"to":[{"app":"a"}]}' },
      { put: `${bench.keys.routes}Bad.com/`, value: '{"to":[{"app":"a"}]}' },
    ]);
    const { code, stdout, stderr } = await bench.run(["export"]);
    expect([code, stdout]).toEqual([
      EXIT.failed,
      "routes:\n  good.com/:\n    to:\n      - app: a\ninstances: {}\n",
    ]);
    expect(stderr).toMatch(/^wayleave: left out \S+Bad\.com\/ .*must be spelled routes\/bad\.com\/\n$/);
  });
});
