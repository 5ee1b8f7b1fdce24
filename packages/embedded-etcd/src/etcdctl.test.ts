import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

import { eventually, isEtcdctlThere } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type EmbeddedEtcd, startEmbeddedEtcd } from "./start-embedded-etcd.ts";

const run = promisify(execFile);

describe.skipIf(!isEtcdctlThere())("etcdctl on the embedded etcd", () => {
  let etcd: EmbeddedEtcd;
  let args: readonly string[];
  const env = { PATH: process.env["PATH"], ETCDCTL_API: "3" };

  beforeAll(async () => {
    etcd = await startEmbeddedEtcd();
    // Without a scheme: etcdctl's maintenance calls would send it as HTTP/2 authority, which Node refuses.
    args = [`--endpoints=127.0.0.1:${etcd.port}`];
  });

  afterAll(() => etcd.close());

  async function etcdctl(...more: string[]): Promise<string> {
    const { stdout } = await run("etcdctl", [...args, ...more], { env, timeout: 20_000 });
    return stdout;
  }

  it("puts, gets, at older revisions too, and deletes", async () => {
    expect(await etcdctl("put", "shop/1", "one")).toBe("OK\n");
    await etcdctl("put", "shop/2", "two");
    expect(await etcdctl("get", "--prefix", "shop/")).toBe("shop/1\none\nshop/2\ntwo\n");
    const { kvs, header } = JSON.parse(await etcdctl("get", "shop/1", "-w", "json"));
    expect(kvs[0].mod_revision).toBe(header.revision - 1);
    expect(await etcdctl("put", "shop/1", "three", "--prev-kv")).toContain("one");
    expect(await etcdctl("get", "shop/1", `--rev=${header.revision}`)).toBe("shop/1\none\n");
    expect(await etcdctl("del", "--prefix", "shop/")).toBe("2\n");
    expect(await etcdctl("get", "--prefix", "shop/")).toBe("");
  });

  it("runs a transaction", async () => {
    const txn = run("etcdctl", [...args, "txn"], { env, timeout: 20_000 });
    txn.child.stdin?.end('version("t") = "0"\n\nput t 1\nput u 2\nget t\n\nget u\n\n');
    expect((await txn).stdout).toBe("SUCCESS\n\nOK\n\nOK\n\nt\n1\n");
    const { kvs } = JSON.parse(await etcdctl("get", "t", "v", "-w", "json"));
    expect(kvs[0].mod_revision).toBe(kvs[1].mod_revision);
  });

  it("grants a lease, keeps it alive, shows its keys and revokes it", async () => {
    const id = /^lease (\w+) granted with TTL\(60s\)/.exec(await etcdctl("lease", "grant", "60"))?.[1] ?? "";
    await etcdctl("put", "held", "1", `--lease=${id}`);
    expect(await etcdctl("lease", "keep-alive", "--once", id)).toContain("keepalived with TTL(60)");
    expect(await etcdctl("lease", "timetolive", "--keys", id)).toContain("attached keys([held])");
    expect(await etcdctl("lease", "list")).toContain(id);
    expect(await etcdctl("lease", "revoke", id)).toContain("revoked");
    expect(await etcdctl("get", "held")).toBe("");
  });

  it("watches from an older revision on", async () => {
    const { header } = JSON.parse(await etcdctl("put", "seen", "1", "-w", "json"));
    const watch = spawn("etcdctl", [...args, "watch", "seen", `--rev=${header.revision}`], { env });
    let output = "";
    watch.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await eventually(() => expect(output).toBe("PUT\nseen\n1\n"));
    await etcdctl("del", "seen");
    await eventually(() => expect(output).toBe("PUT\nseen\n1\nDELETE\nseen\n\n"));
    watch.kill();
  });

  it("compacts, and is told that older revisions are gone", async () => {
    const { header } = JSON.parse(await etcdctl("put", "c", "1", "-w", "json"));
    await etcdctl("put", "c", "2");
    expect(await etcdctl("compaction", String(header.revision + 1))).toContain("compacted revision");
    const get = etcdctl("get", "c", `--rev=${header.revision}`);
    await expect(get).rejects.toThrow("required revision has been compacted");
  });

  it("shows a healthy cluster of one member that says what it is", async () => {
    const [{ Status }] = JSON.parse(await etcdctl("endpoint", "status", "-w", "json"));
    expect(Status.version).toContain("embedded");
    expect(Status.leader).toBe(Status.header.member_id);
    await etcdctl("endpoint", "health");
    expect(await etcdctl("member", "list")).toContain(`started, wayleave-embedded-etcd, , ${etcd.endpoint}`);
    expect(await etcdctl("alarm", "list")).toBe("");
    await expect(etcdctl("auth", "enable")).rejects.toThrow("Unimplemented");
  });
});
