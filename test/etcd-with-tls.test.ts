// The platform on three members that ask for certificates, at first without users, then with users by their certificates.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { keysUnder } from "@wayleave/records";
import { ask, eventually, isEtcdctlThere, realEtcd, startEtcd } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startNamedInstance, startReplica, wayleave } from "./cluster.ts";

const run = promisify(execFile);
const keys = keysUnder();
/** The common name of the client's certificate. */
const USER = "wayleave-test-client";

describe.skipIf(!realEtcd.isAvailable || !isEtcdctlThere())("an etcd with mutual TLS", () => {
  it("serves routers, registrars and operators, with and without users", { timeout: 120_000 }, async () => {
    await using etcd = await startEtcd({ members: 3, tls: "mutual" });
    const { ca = "", certificate = "", key = "" } = etcd.tls?.files ?? {};
    const certificates = ["--etcd-ca", ca, "--etcd-cert", certificate, "--etcd-key", key];
    const etcdctl = async (...args: string[]): Promise<string> => {
      const flags = [
        "--cacert",
        ca,
        "--cert",
        certificate,
        "--key",
        key,
        "--endpoints",
        etcd.endpoints.join(","),
      ];
      const { stdout } = await run("etcdctl", [...flags, ...args], {
        env: { ...process.env, ETCDCTL_API: "3" },
      });
      return stdout;
    };

    const replica = await startReplica(etcd.endpoints, ["--id", "router-1", ...certificates]);
    const start = (name: string) =>
      startNamedInstance(etcd.endpoints, { app: "shop", name, ttlSeconds: 4 }, certificates);
    const first = await start("s1");
    await wayleave(
      etcd.endpoints,
      "routes",
      "set",
      "shop.example",
      "--to",
      "shop",
      "--wait",
      ...certificates,
    );
    await eventually(async () => expect((await ask(replica.port, "shop.example")).body).toBe("s1"));

    expect(await wayleave(etcd.endpoints, "doctor", ...certificates)).toMatch(
      /^ok +members: 3 members, one of them the leader$[^]*^ok +quota https:[^]* 0 failed\n$/m,
    );

    await etcdctl("user", "add", "root:secret");
    await etcdctl("role", "add", "root");
    await etcdctl("user", "grant-role", "root", "root");
    await etcdctl("role", "add", "all");
    await etcdctl("role", "grant-permission", "--prefix", "all", "readwrite", "/wayleave/");
    await etcdctl("user", "add", USER, "--no-password");
    await etcdctl("user", "grant-role", USER, "all");
    await etcdctl("auth", "enable");
    // Who is there stays, who comes may come, and the certificate opens nothing else.
    const second = await start("s2");
    await wayleave(
      etcd.endpoints,
      "routes",
      "set",
      "late.example",
      "--to",
      "shop",
      "--wait",
      ...certificates,
    );
    await eventually(async () => {
      const bodies = await Promise.all([1, 2, 3, 4].map(() => ask(replica.port, "late.example")));
      expect(new Set(bodies.map(({ body }) => body))).toEqual(new Set(["s1", "s2"]));
    });
    await expect(etcdctl("get", "/elsewhere")).rejects.toThrow("permission denied");

    for (const { command } of [first, second]) command.kill("SIGTERM");
    await Promise.all([first, second].map(({ command }) => command.exit));
    expect(await etcdctl("get", "--prefix", "--keys-only", keys.instances)).toBe("");
    replica.command.kill("SIGTERM");
    expect(await replica.command.exit).toMatchObject({ code: 0 });
  });
});
