import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";

let bench: Bench;

beforeAll(async () => {
  bench = await embeddedBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

async function recordAt(host: string, path = "/"): Promise<unknown> {
  const { record } = await bench.store.get(bench.keys.route(host, path));
  return record === undefined ? undefined : JSON.parse(record.value);
}

describe("wayleave routes set", { timeout: 120_000 }, () => {
  it("writes a whole route from its options, and says the revision", async () => {
    const options = [
      "--balance",
      "hash:cookie=session",
      "--affinity",
      "app-cookie:JSESSIONID",
      "--attempts",
      "2",
    ];
    const timeouts = ["--connect-timeout", "500ms", "--answer-timeout", "2m", "--body-timeout", "30m"];
    const https = [
      "--https-redirect",
      "on",
      "--https-port",
      "8443",
      "--hsts",
      "365d",
      "--client-certificate",
    ];
    const { code, stdout, stderr } = await bench.run([
      "routes",
      "set",
      "All.example.com/api/",
      "--to",
      "shop@v1=90",
      "--to",
      "shop@v2=10",
      "--label",
      "team=a",
      ...options,
      ...timeouts,
      ...https,
      "required",
    ]);
    expect([code, stderr]).toEqual([EXIT.ok, ""]);
    const revision = await bench.revision();
    expect(stdout).toBe(
      `created route all.example.com/api -> shop@v1=90, shop@v2=10 (revision ${revision})\n`,
    );
    expect(await recordAt("all.example.com", "/api")).toEqual({
      to: [
        { app: "shop", version: "v1", weight: 90 },
        { app: "shop", version: "v2", weight: 10 },
      ],
      balance: { hash: { cookie: "session" } },
      affinity: { mode: "app-cookie", cookies: ["JSESSIONID"] },
      timeouts: { connectMs: 500, answerHeadMs: 120_000, bodyIdleMs: 1_800_000 },
      retries: { attempts: 2 },
      https: { redirect: true, port: 8443, hstsSeconds: 31_536_000, clientCertificate: "required" },
      labels: { team: "a" },
    });
    await bench.run(["routes", "set", "all.example.com/api", "--https-redirect", "off", "--hsts", "off"]);
    expect(await recordAt("all.example.com", "/api")).toMatchObject({
      https: { redirect: false, port: 8443, hstsSeconds: 0, clientCertificate: "required" },
    });
  });

  it("keeps the fields that it is not told of, also those that it does not know", async () => {
    const old = {
      to: [{ app: "a" }],
      timeouts: { connectMs: 7, other: 1 },
      labels: { x: "1" },
      future: { a: 1 },
    };
    await bench.store.commit([{ put: bench.keys.route("keep.com", "/"), value: JSON.stringify(old) }]);
    await bench.run(["routes", "set", "keep.com", "--to", "b", "--answer-timeout", "1s", "--label", "y=2"]);
    expect(await recordAt("keep.com")).toEqual({
      ...old,
      to: [{ app: "b" }],
      timeouts: { connectMs: 7, other: 1, answerHeadMs: 1_000 },
      labels: { x: "1", y: "2" },
    });
    await bench.run(["routes", "set", "keep.com", "--to", "c", "--replace"]);
    expect(await recordAt("keep.com")).toEqual({ to: [{ app: "c" }] });
  });

  it("takes a record as JSON, from an option or from stdin", async () => {
    const record = { to: [{ app: "a" }], limits: { maxBodyBytes: 1_000 } };
    expect(await bench.json(["routes", "set", "json.com", "--record", JSON.stringify(record)])).toEqual({
      revision: await bench.revision(),
      host: "json.com",
      path: "/",
      record,
    });
    const input = JSON.stringify({ to: [{ app: "stdin" }] });
    expect((await bench.run(["routes", "set", "stdin.com", "-f", "-"], { input })).code).toBe(EXIT.ok);
    expect(await recordAt("stdin.com")).toEqual({ to: [{ app: "stdin" }] });
  });

  it.concurrent.each([
    [EXIT.usage, ["new.example.com"], /nothing to set/],
    [EXIT.usage, ["new.example.com", "--attempts", "2"], /needs --to APP/],
    [EXIT.usage, ["new.example.com", "--to"], /argument missing/],
    [EXIT.usage, ["--to", "shop"], /missing required argument/],
    [EXIT.usage, ["new.example.com", "--to", "shop", "--answer-timeout", "5"], /500ms, 2s/],
    [EXIT.usage, ["new.example.com", "--to", "shop", "--attempts", "many"], /whole number/],
    [EXIT.usage, ["new.example.com", "--to", "shop", "--nonsense"], /unknown option '--nonsense'/],
    [EXIT.usage, ["new.example.com", "--record", "{}", "-f", "x"], /exclude each other/],
    [EXIT.invalid, ["bad host.example.com", "--to", "shop"], /character no host name has/],
    [EXIT.invalid, ["new.example.com:80", "--to", "shop"], /has a port/],
    [EXIT.invalid, ["new.example.com/a b", "--to", "shop"], /percent-encoded/],
    [EXIT.invalid, ["new.example.com", "--to", "bad app"], /app "bad app" is not a name/],
    [EXIT.invalid, ["new.example.com", "--to", "shop=-1"], /weight "-1"/],
    [EXIT.invalid, ["new.example.com", "--to", "shop=9999999"], /to\[0\]\.weight/],
    [EXIT.invalid, ["new.example.com", "--to", "shop", "--balance", "random"], /balance "random"/],
    [EXIT.invalid, ["new.example.com", "--to", "shop", "--balance", "hash:header=a b"], /not a header name/],
    [EXIT.invalid, ["new.example.com", "--to", "shop", "--attempts", "1000"], /retries\.attempts/],
    [EXIT.invalid, ["new.example.com", "--record", "{"], /no JSON object/],
    [EXIT.invalid, ["new.example.com", "--record", '{"to": []}'], /needs one app or more/],
    [EXIT.invalid, ["new.example.com", "-f", "/nowhere/at-all.json"], /cannot be read/],
    [EXIT.conflict, ["new.example.com", "--to", "shop", "--if-revision", "3"], /does not exist, not at 3/],
  ])("ends with %d, one clear line and nothing written for %j", async (exit, args, reason) => {
    const before = await bench.revision();
    const { code, stdout, stderr } = await bench.run(["routes", "set", ...args]);
    expect([code, stdout]).toEqual([exit, ""]);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^wayleave: [^\n]+\n$/);
    expect(await bench.revision()).toBe(before);
  });

  it("writes only over the revision that it is told", async () => {
    await bench.run(["routes", "set", "cas.com", "--to", "a", "--if-revision", "0"]);
    const first = String(await bench.revision());
    expect((await bench.run(["routes", "set", "cas.com", "--to", "b", "--if-revision", first])).code).toBe(
      EXIT.ok,
    );
    const late = await bench.run(["routes", "set", "cas.com", "--to", "c", "--if-revision", first]);
    expect([late.code, late.stderr]).toEqual([
      EXIT.conflict,
      expect.stringMatching(/last written at revision \d+, not at/),
    ]);
    expect(await recordAt("cas.com")).toEqual({ to: [{ app: "b" }] });
  });

  it("writes nothing in a dry run, yet checks and shows everything", async () => {
    const before = await bench.revision();
    expect(await bench.json(["routes", "set", "dry.com", "--to", "a", "--dry-run"])).toEqual({
      revision: null,
      host: "dry.com",
      path: "/",
      record: { to: [{ app: "a" }] },
    });
    const said = await bench.run(["routes", "set", "dry.com", "--to", "a", "--dry-run"]);
    expect(said.stdout).toBe("created route dry.com/ -> a (dry run: nothing was written)\n");
    expect(await bench.revision()).toBe(before);
  });
});

describe("wayleave routes ls, get and rm", { timeout: 120_000 }, () => {
  it("lists all routes, or those of one host, tab-separated in a pipe", async () => {
    const revision = await bench.store.commit([
      {
        put: bench.keys.route("ls.com", "/"),
        value: '{"to":[{"app":"a","version":"v1"}],"balance":"power-of-two"}',
      },
      { put: bench.keys.route("ls.com", "/x"), value: '{"to":[{"app":"a"},{"app":"b","weight":2}]}' },
      { put: bench.keys.route("ls.com.evil.org", "/"), value: '{"to":[{"app":"c"}]}' },
    ]);
    const { code, stdout } = await bench.run(["routes", "ls", "ls.com"]);
    expect([code, stdout]).toEqual([
      EXIT.ok,
      `ls.com/\ta@v1\tpower-of-two\t${revision}\nls.com/x\ta, b=2\t-\t${revision}\n`,
    ]);
    expect((await bench.run(["routes", "ls"])).stdout).toContain("ls.com.evil.org/\tc\t");
  });

  it("prints JSON that names bad records beside the good ones", async () => {
    const bad = `${bench.keys.routes}bad.com/`;
    const revision = await bench.store.commit([
      { put: bad, value: "{" },
      { put: bench.keys.route("good.com", "/"), value: '{"to":[{"app":"a"}],"future":1}' },
    ]);
    const listed = await bench.json(["routes", "ls"]);
    expect(listed).toMatchObject({
      revision,
      routes: expect.arrayContaining([
        { host: "good.com", path: "/", revision, record: { to: [{ app: "a" }], future: 1 } },
      ]),
      bad: [{ key: bad, revision, reason: expect.stringContaining("not JSON") }],
    });
    const { code, stdout, stderr } = await bench.run(["routes", "ls"]);
    expect([code, stderr]).toEqual([
      EXIT.ok,
      expect.stringMatching(/^wayleave: \S+bad\.com\/ .*not usable: not JSON/),
    ]);
    expect(stdout).not.toContain("bad.com");
    await bench.store.commit([{ delete: bad }]);
  });

  it("shows one route as the file that apply takes", async () => {
    await bench.run(["routes", "set", "get.com/x", "--to", "a@v1"]);
    const revision = await bench.revision();
    const { stdout } = await bench.run(["routes", "get", "get.com/x"]);
    expect(stdout).toBe("routes:\n  get.com/x:\n    to:\n      - app: a\n        version: v1\n");
    expect(await bench.json(["routes", "get", "get.com/x"])).toEqual({
      host: "get.com",
      path: "/x",
      revision,
      record: { to: [{ app: "a", version: "v1" }] },
    });
    const applied = await bench.run(["apply", "-f", "-"], { input: stdout });
    expect(applied.stdout).toBe("nothing to change\n");
  });

  it("removes routes, all in one revision or none", async () => {
    await bench.run(["routes", "set", "rm.com/a", "--to", "a"]);
    await bench.run(["routes", "set", "rm.com/b", "--to", "a"]);
    const before = await bench.revision();
    const refused = await bench.run(["routes", "rm", "rm.com/a", "rm.com/nope"]);
    expect([refused.code, refused.stderr, await bench.revision()]).toEqual([
      EXIT.notFound,
      "wayleave: there is no route rm.com/nope; nothing was removed\n",
      before,
    ]);
    expect(await bench.json(["routes", "rm", "rm.com/a", "rm.com/b", "rm.com/a"])).toEqual({
      revision: before + 1,
      removed: ["rm.com/a", "rm.com/b"],
    });
    expect((await bench.run(["routes", "get", "rm.com/a"])).code).toBe(EXIT.notFound);
  });
});
