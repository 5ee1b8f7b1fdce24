import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { TestAuthority, temporaryDirectory } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, type Outcome, embeddedBench } from "../testing/run-wayleave.ts";

const authority = new TestAuthority();
const middle = authority.intermediate("middle").intermediate("low").issue(["deep.example"]);
const [leaf, low, , ...others] = middle.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
const sealKey = randomBytes(32).toString("base64");
const env = { WAYLEAVE_SEAL_KEY: sealKey };
const issued = {
  shop: authority.issue(["shop.example", "*.shop.example"]),
  own: authority.issue([], { subject: "router" }),
  next: authority.issue(["shop.example", "*.shop.example"]),
  gap: { chain: [leaf, authority.certificate].join(""), key: middle.key },
  disorder: { chain: [low, leaf, ...others].join(""), key: middle.key },
  lone: { chain: leaf ?? "", key: middle.key },
  expired: authority.issue(["old.example"], {
    notBefore: new Date("2020-01-01"),
    notAfter: new Date("2020-02-01"),
  }),
  coming: authority.issue(["coming.example"], { notBefore: new Date(Date.now() + 86_400_000) }),
};

let bench: Bench;
let directory: string;
/** Everything that any command printed. */
let printed = "";

beforeAll(async () => {
  bench = await embeddedBench();
  directory = temporaryDirectory("certificates");
  for (const [name, { chain, key }] of Object.entries(issued)) {
    await writeFile(join(directory, `${name}.pem`), chain);
    await writeFile(join(directory, `${name}-key.pem`), key);
  }
});
afterAll(() => bench[Symbol.asyncDispose]());

async function run(args: readonly string[], more: Record<string, string> = env): Promise<Outcome> {
  const outcome = await bench.run(args, { env: more, cwd: directory });
  printed += outcome.stdout + outcome.stderr;
  return outcome;
}

function set(name: string, files: string, ...more: readonly string[]): Promise<Outcome> {
  const pair = ["--chain", `${files}.pem`, "--key", `${files}-key.pem`];
  return run(["certificates", "set", name, ...pair, ...more]);
}

async function stored(name: string): Promise<string> {
  return (await bench.store.get(bench.keys.certificate(name))).record?.value ?? "";
}

describe("wayleave certificates", { timeout: 120_000 }, () => {
  it("writes a certificate with its key sealed, and shows whom it serves", async () => {
    const made = await set("shop", "shop");
    expect([made.code, made.stdout]).toEqual([
      EXIT.ok,
      expect.stringMatching(/^created certificate shop for shop\.example, \*\.shop\.example, valid until /),
    ]);
    // Its authority is nobody's but ours.
    expect(made.stderr).toMatch(/no public root: is an intermediate missing/);
    expect(await stored("shop")).not.toContain("PRIVATE");
    await run(["routes", "set", "shop.example/api", "--to", "shop"]);
    const { stdout } = await run(["certificates", "ls", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      certificates: [{ name: "shop", state: "valid", routes: ["shop.example/api"], isDefault: false }],
      bad: [],
    });
    const shown = await run(["certificates", "get", "shop", "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ name: "shop", chain: issued.shop.chain });
  });

  it("changes only what it is told of", async () => {
    const before = JSON.parse(await stored("shop"));
    await run(["certificates", "set", "shop", "--default", "--names", "shop.example"]);
    const after = JSON.parse(await stored("shop"));
    expect(after).toEqual({ ...before, isDefault: true, names: ["shop.example"] });
  });

  it.each([
    [EXIT.invalid, ["--chain", "shop.pem", "--key", "next-key.pem"], /is not the key of the certificate/],
    [EXIT.invalid, ["--chain", "shop-key.pem", "--key", "shop-key.pem"], /has 0 certificates/],
    [EXIT.invalid, ["--chain", "shop.pem", "--key", "shop.pem"], /cannot be read as a private key/],
    [EXIT.invalid, ["--chain", "expired.pem", "--key", "expired-key.pem"], /has expired at 2020-02-01/],
    [
      EXIT.invalid,
      ["--chain", "gap.pem", "--key", "gap-key.pem"],
      /not signed by the next one: low is missing/,
    ],
    [EXIT.invalid, ["--chain", "disorder.pem", "--key", "gap-key.pem"], /certificate 1 .*wrong order/],
    [
      EXIT.invalid,
      ["--chain", "shop.pem", "--key", "shop-key.pem", "--names", "bank.example"],
      /not for bank\.example/,
    ],
    [EXIT.invalid, ["--chain", "none.pem", "--key", "shop-key.pem"], /none\.pem cannot be read/],
    [EXIT.usage, ["--chain", "shop.pem"], /need each other/],
    [EXIT.usage, ["--default"], /there is no certificate new yet/],
  ])("ends with %d and writes nothing for %j", async (exit, args, reason) => {
    const before = await bench.revision();
    const { code, stdout, stderr } = await run(["certificates", "set", "new", ...args]);
    expect([code, stdout, stderr]).toEqual([exit, "", expect.stringMatching(reason)]);
    expect(await bench.revision()).toBe(before);
  });

  it("seals nothing without a seal key, and says what to do", async () => {
    const args = ["certificates", "set", "new", "--chain", "shop.pem", "--key", "shop-key.pem"];
    const { code, stderr } = await run(args, {});
    expect([code, stderr]).toEqual([EXIT.usage, expect.stringMatching(/openssl rand -base64 32/)]);
  });

  it("warns of a chain that lacks what is above its certificate, and writes it", async () => {
    const { code, stderr } = await set("lone", "lone");
    expect([code, stderr]).toEqual([
      EXIT.ok,
      expect.stringMatching(/ends below CN=low, which is no public root: is an intermediate missing\?/),
    ]);
    expect((await run(["certificates", "rm", "lone"])).code).toBe(EXIT.ok);
  });

  it("warns of a chain that is not valid yet, and writes it", async () => {
    const { code, stderr } = await set("coming", "coming");
    expect([code, stderr]).toEqual([EXIT.ok, expect.stringMatching(/not valid before/)]);
    const { stdout } = await run(["certificates", "get", "coming", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ state: "not-yet-valid", keyType: "ec" });
  });

  it("writes one that serves no host, and is only shown to instances", async () => {
    const made = await set("own", "own", "--no-names");
    expect([made.code, made.stderr]).toEqual([EXIT.ok, ""]);
    expect(made.stdout).toMatch(/^created certificate own for no host, valid until /);
    expect(JSON.parse(await stored("own"))).toMatchObject({ names: [] });
    expect((await run(["certificates", "rm", "own"])).code).toBe(EXIT.ok);
  });

  it("carries sealed keys in a file, and refuses plain ones there", async () => {
    const { stdout: file } = await run(["export"]);
    expect(file).toContain("certificates:");
    await writeFile(join(directory, "table.yaml"), file);
    expect((await run(["diff", "-f", "table.yaml"])).code).toBe(0);
    const { chain, key } = issued.next;
    const plain = JSON.stringify({ certificates: { leaky: { chain, key } } });
    await writeFile(join(directory, "plain.json"), plain);
    const refused = await run(["apply", "-f", "plain.json"]);
    expect([refused.code, refused.stderr]).toEqual([EXIT.invalid, expect.stringMatching(/is not sealed/)]);
  });

  it("takes plain keys only when it is told to, and never shows or exports them", async () => {
    await set("plain", "next", "--plain-key");
    expect(await stored("plain")).toContain("PRIVATE KEY");
    const exported = await run(["export"]);
    expect([exported.code, exported.stderr]).toEqual([
      EXIT.failed,
      expect.stringMatching(/left out .*plain: its key is not sealed/),
    ]);
    await run(["certificates", "ls"]);
    await run(["certificates", "get", "plain"]);
    const sealed = { chain: issued.next.chain, key: { keyId: "00000000", sealed: "AAAA" } };
    await writeFile(join(directory, "sealed.json"), JSON.stringify({ certificates: { plain: sealed } }));
    expect((await run(["diff", "-f", "sealed.json"])).stdout).toContain("certificate plain");
    expect((await run(["apply", "-f", "sealed.json", "--dry-run", "--json"])).code).toBe(EXIT.ok);
  });

  it("seals all keys anew by the first seal key", async () => {
    const newKey = randomBytes(32).toString("hex");
    const { code } = await run(["certificates", "reseal"], { WAYLEAVE_SEAL_KEY: `${newKey},${sealKey}` });
    expect(code).toBe(EXIT.ok);
    const { stdout } = await run(["certificates", "ls", "--json"]);
    const ids = JSON.parse(stdout).certificates.map((view: { sealedBy: string }) => view.sealedBy);
    expect(new Set(ids).size).toBe(1);
    expect(await stored("plain")).not.toContain("PRIVATE");
    const again = await run(["certificates", "reseal"], { WAYLEAVE_SEAL_KEY: newKey });
    expect(again.stdout).toMatch(/^0 certificates/);
  });

  it("removes certificates", async () => {
    expect((await run(["certificates", "rm", "plain", "coming"])).code).toBe(EXIT.ok);
    expect((await run(["certificates", "rm", "plain"])).code).toBe(EXIT.notFound);
    expect((await run(["certificates", "get", "plain"])).code).toBe(EXIT.notFound);
  });

  it("never printed a private key, or a seal key", () => {
    expect(printed).not.toContain("PRIVATE KEY");
    expect(printed).not.toContain(sealKey);
    for (const { key } of Object.values(issued)) expect(printed).not.toContain(key.split("\n")[1]);
  });
});
