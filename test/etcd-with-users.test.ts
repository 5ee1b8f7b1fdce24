// The platform on an etcd with users, set up by the very commands of docs/etcd.md.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { keysUnder } from "@wayleave/records";
import { openStore } from "@wayleave/store";
import {
  ask,
  eventually,
  isEtcdctlThere,
  realEtcd,
  startCommand,
  startEtcd,
  startLink,
  startLoad,
  temporaryDirectory,
} from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startNamedInstance, startReplica, wayleave } from "./cluster.ts";

const run = promisify(execFile);
const keys = keysUnder();
const TOKEN_TTL_SECONDS = 2;
const LEASE_TTL_SECONDS = 4;

describe.skipIf(!realEtcd.isAvailable || !isEtcdctlThere())(
  "an etcd with users as docs/etcd.md sets them up",
  () => {
    it("serves routers, registrars and operators, each within its rights, past the life of every token", async () => {
      await using etcd = await startEtcd({ args: [`--auth-token-ttl=${TOKEN_TTL_SECONDS}`] });
      const [endpoint = ""] = etcd.endpoints;
      const secrets = temporaryDirectory("secrets");
      await setUp(endpoint, secrets);
      await using link = await startLink({ host: "127.0.0.1", port: Number(new URL(endpoint).port) });
      const linked = [`http://127.0.0.1:${link.port}`];
      const as = (user: string): string[] => [
        "--etcd-user",
        user,
        "--etcd-password-file",
        join(secrets, `${user}.password`),
      ];

      const replicas = await Promise.all(
        ["router-1", "router-2"].map((id) => startReplica(linked, ["--id", id, ...as(id)])),
      );
      const ports = replicas.map(({ port }) => port);
      const { command: shop } = await startNamedInstance(
        linked,
        { app: "shop", name: "s1", ttlSeconds: LEASE_TTL_SECONDS },
        as("shop"),
      );
      const told = await wayleave(
        linked,
        "routes",
        "set",
        "shop.example",
        "--to",
        "shop",
        "--wait",
        ...as("operator"),
      );
      expect(told).not.toBe("");
      await eventually(async () => expect((await ask(ports[0] ?? 0, "shop.example")).body).toBe("s1"));
      expect(await wayleave(linked, "status", ...as("operator"))).toContain("router-2");

      // A router may only read the table, so its admin listener cannot write it either.
      const denied = await fetch(`${replicas[0]?.admin}/api/route?host=other.example`, {
        method: "PUT",
        headers: { "if-none-match": "*", "content-type": "application/json" },
        body: '{"to":[{"app":"evil"}]}',
      });
      const key = keys.route("other.example", "/");
      expect([denied.status, await denied.json()]).toMatchObject([
        403,
        { code: "etcd-denied", detail: expect.stringContaining(key) },
      ]);

      await using root = openStore({ endpoints: [endpoint], auth: await passwordOf("root", secrets) });
      const load = startLoad({ ports, host: "shop.example", pauseMs: 5 });
      const { record } = await root.get(keys.instance("shop", "s1"));
      // Longer than tokens and leases live, and every stream is made anew on the way.
      for (let round = 0; round < 3; round += 1) {
        const until = performance.now() + LEASE_TTL_SECONDS * 1_000;
        await eventually(() => expect(performance.now()).toBeGreaterThan(until));
        link.cut();
        const host = `round${round}.example`;
        await wayleave([endpoint], "routes", "set", host, "--to", "shop", "--wait", ...as("operator"));
        for (const port of ports)
          await eventually(async () => expect((await ask(port, host)).body).toBe("s1"));
      }
      expect((await root.get(keys.instance("shop", "s1"))).record).toEqual(record);
      const result = await load.stop();
      expect({ errors: result.errors, statuses: Object.keys(result.byStatus) }).toEqual({
        errors: [],
        statuses: ["200"],
      });

      const since = performance.now();
      shop.kill("SIGTERM");
      expect(await shop.exit).toMatchObject({ code: 0 });
      expect(shop.stderr()).toMatch(/"outcome":"reached".*instance-drained/);
      expect((await root.get(keys.instance("shop", "s1"))).record).toBeUndefined();
      expect(performance.now() - since).toBeLessThan(5_000);

      for (const { command } of replicas) command.kill("SIGTERM");
      expect(await Promise.all(replicas.map(({ command }) => command.exit))).toMatchObject([
        { code: 0 },
        { code: 0 },
      ]);
      expect((await root.list(keys.replicas)).records).toEqual([]);
    }, 120_000);

    it("denies to each what is another's, naming the key", async () => {
      await using etcd = await startEtcd();
      const [endpoint = ""] = etcd.endpoints;
      const secrets = temporaryDirectory("secrets");
      await setUp(endpoint, secrets);
      const attempts = [
        {
          user: "shop",
          args: ["instances", "set", "blog/x", "127.0.0.1:80"],
          key: keys.instance("blog", "x"),
        },
        {
          user: "shop",
          args: ["instances", "set", "shop-admin/x", "127.0.0.1:80"],
          key: keys.instance("shop-admin", "x"),
        },
        {
          user: "shop",
          args: ["routes", "set", "a.example", "--to", "shop"],
          key: keys.route("a.example", "/"),
        },
        {
          user: "router-1",
          args: ["routes", "set", "a.example", "--to", "shop"],
          key: keys.route("a.example", "/"),
        },
      ];
      for (const { user, args, key } of attempts) {
        const password = ["--etcd-password-file", join(secrets, `${user}.password`)];
        await using command = await startCommand([
          ...args,
          "--etcd",
          endpoint,
          "--etcd-user",
          user,
          ...password,
        ]);
        expect(await command.exit).toMatchObject({ code: 1 });
        expect(command.stderr()).toContain(key);
        expect(command.stderr()).toContain("permission denied");
      }
      const storeOf = async (user: string) =>
        openStore({ endpoints: [endpoint], auth: await passwordOf(user, secrets) });
      const doctor = (user: string, ...args: string[]): Promise<string> =>
        wayleave(
          [endpoint],
          "doctor",
          "--etcd-user",
          user,
          "--etcd-password-file",
          join(secrets, `${user}.password`),
          ...args,
        );
      await using root = await storeOf("root");
      const before = (await root.get(keys.settings)).revision;
      expect(await doctor("operator")).toMatch(/, 0 failed\n$/);
      expect(await doctor("shop", "--app", "shop")).toMatch(/, 0 failed\n$/);
      expect(await doctor("router-1", "--router-id", "router-1")).toMatch(/, 0 failed\n$/);
      await expect(doctor("shop", "--app", "blog")).rejects.toThrow(/exited with 1/);
      expect((await root.get(keys.settings)).revision).toBe(before);
      await using shop = await storeOf("shop");
      await using router = await storeOf("router-1");
      const denied = { code: "denied" };
      await expect(shop.commit([{ put: `${keys.replicas}x`, value: "{}" }])).rejects.toMatchObject(denied);
      await expect(shop.list(keys.table)).rejects.toMatchObject(denied);
      await expect(router.commit([{ put: keys.replica("router-2"), value: "{}" }])).rejects.toMatchObject(
        denied,
      );
      await expect(router.commit([{ delete: keys.settings }])).rejects.toMatchObject(denied);
      await router.commit([{ put: keys.replica("router-1"), value: "{}" }]);
      await shop.commit([{ put: keys.instance("shop", "x"), value: "{}" }]);
    });
  },
);

/** Runs the commands of the page's section on users, in their order, as it says. */
async function setUp(endpoint: string, directory: string): Promise<void> {
  const page = await readFile(new URL("../docs/etcd.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, commands = ""]) => commands);
  expect(blocks).toHaveLength(3);
  const env = { ...process.env, ETCDCTL_API: "3", ETCDCTL_ENDPOINTS: endpoint };
  for (const block of blocks) await run("sh", ["-eu", "-c", block], { cwd: directory, env });
}

async function passwordOf(username: string, directory: string) {
  const password = await readFile(join(directory, `${username}.password`), "utf8");
  return { username, password: password.trimEnd() };
}
