// The same commands against a real etcd: one for all of its ways to be asked.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { realEtcd, startEtcd } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { createBench, runWayleave } from "../testing/run-wayleave.ts";

describe.skipIf(!realEtcd.isAvailable)("wayleave with a real etcd", { timeout: 120_000 }, () => {
  it("writes, lists, applies in batches and exports", async () => {
    const etcd = await startEtcd();
    await using bench = createBench(etcd.endpoints[0] ?? "", () => etcd.close());
    const set = ["routes", "set", "a.com", "--to", "a", "--if-revision"];
    expect((await bench.run([...set, "0"])).code).toBe(EXIT.ok);
    expect((await bench.run([...set, "0"])).code).toBe(EXIT.conflict);
    expect((await bench.run(["instances", "set", "a/one", "10.0.0.1:80"])).code).toBe(EXIT.ok);
    const routes = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`h${n}.com`, { to: [{ app: "a" }] }]),
    );
    const applied = await bench.run(["apply", "-f", "-"], { input: JSON.stringify({ routes }) });
    expect([applied.code, applied.stderr]).toEqual([EXIT.ok, expect.stringContaining("2 batches")]);
    const exported = await bench.run(["export"]);
    const before = await bench.revision();
    const again = await bench.run(["apply", "-f", "-", "--prune"], { input: exported.stdout });
    expect([again.code, again.stdout, await bench.revision()]).toEqual([
      EXIT.ok,
      "nothing to change\n",
      before,
    ]);
    const told = await bench.run(["status", "--json"]);
    expect(told.code).toBe(EXIT.failed); // no router is running
    expect(JSON.parse(told.stdout)).toMatchObject({
      etcd: [{ endpoint: bench.endpoint, isReachable: true, isLeader: true }],
      table: { routes: 201, instances: 1 },
    });
    await etcd.members[0]?.stop();
    const down = await bench.run(["routes", "ls"]);
    expect([down.code, down.stderr]).toEqual([EXIT.unreachable, expect.stringContaining(bench.endpoint)]);
  });

  it("authenticates with a user and a password from a file", async () => {
    const directory = await mkdtemp(join(tmpdir(), "wayleave-auth-"));
    const etcd = await startEtcd({ auth: { username: "root", password: "secret" } });
    const [right, wrong] = [join(directory, "right"), join(directory, "wrong")];
    await writeFile(right, "secret\n");
    await writeFile(wrong, "guess");
    const run = (...args: string[]) =>
      runWayleave(["routes", "ls", "--etcd", etcd.endpoints.join(), ...args]);
    expect((await run("--etcd-user", "root", "--etcd-password-file", right)).code).toBe(EXIT.ok);
    const refused = await run("--etcd-user", "root", "--etcd-password-file", wrong);
    expect([refused.code, refused.stderr]).toEqual([
      EXIT.failed,
      expect.stringMatching(/^wayleave: [^\n]+\n$/),
    ]);
    expect((await run()).code).toBe(EXIT.failed);
    await etcd.close();
    await rm(directory, { recursive: true });
  });

  it("proves itself by a certificate", async () => {
    const directory = await mkdtemp(join(tmpdir(), "wayleave-tls-"));
    const etcd = await startEtcd({ tls: "mutual" });
    const write = async (name: string, pem: string | Buffer | undefined): Promise<string> => {
      await writeFile(join(directory, name), pem ?? "");
      return join(directory, name);
    };
    const ca = ["--etcd-ca", await write("ca.pem", etcd.tls?.ca)];
    const own = [
      "--etcd-cert",
      await write("cert.pem", etcd.tls?.certificate),
      "--etcd-key",
      await write("key.pem", etcd.tls?.key),
    ];
    const run = (...args: string[]) =>
      runWayleave(["routes", "ls", "--etcd", etcd.endpoints.join(), ...args]);
    expect((await run(...ca, ...own)).code).toBe(EXIT.ok);
    expect((await run(...ca)).code).toBe(EXIT.unreachable);
    await etcd.close();
    await rm(directory, { recursive: true });
  });
});
