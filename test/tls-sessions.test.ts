// A TLS session that began at one router goes on at any other with the same seal key, and at no other one: seen by
// openssl, with real processes.

import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { TestAuthority, eventually, temporaryDirectory } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findCommand } from "../packages/router/src/engine/raw-cases/find-command.ts";
import { type RunningReplica, startStaticRouter } from "./cluster.ts";
import { askByOpenssl } from "./openssl-client.ts";

const root = new TestAuthority();
const sealKey = randomBytes(32).toString("base64");
const VERSIONS = ["tls1_2", "tls1_3"] as const;

let directory: string;
let ca: string;
/** Two of one platform, the first with two workers; and one of another. */
let routers: [RunningReplica, RunningReplica, RunningReplica];

beforeAll(async () => {
  directory = temporaryDirectory("tls-sessions");
  ca = join(directory, "root.pem");
  const table = join(directory, "table.yaml");
  const { chain, key } = root.issue(["shop.example"]);
  await writeFile(ca, root.certificate);
  await writeFile(join(directory, "shop.crt"), chain);
  await writeFile(join(directory, "shop.key"), key);
  await writeFile(table, "routes: { shop.example: { to: [{ app: shop }] } }\n");
  const start = (sealedBy: string, workers: string): Promise<RunningReplica> =>
    startStaticRouter(
      table,
      ["--listen-tls", "127.0.0.1:0", "--certificates", directory, "--workers", workers],
      { WAYLEAVE_SEAL_KEY: sealedBy },
    );
  routers = await Promise.all([
    start(sealKey, "2"),
    start(`${sealKey},${randomBytes(32).toString("hex")}`, "0"),
    start(randomBytes(32).toString("hex"), "0"),
  ]);
});

afterAll(() => Promise.all(routers.map(({ command }) => command.close())));

async function workersOf({ admin }: RunningReplica): Promise<{ pid: number; state: string }[]> {
  const workers: unknown = await (await fetch(`${admin}/api/workers`)).json();
  return workers as { pid: number; state: string }[];
}

interface Session {
  readonly file: string;
  readonly version: (typeof VERSIONS)[number];
}

/** Begins a session at the first router. */
async function begin(version: Session["version"]): Promise<Session> {
  const file = join(directory, `${version}-${randomBytes(4).toString("hex")}`);
  const { kind } = await askByOpenssl({ port: routers[0].tlsPort, ca }, `-${version}`, "-sess_out", file);
  expect(kind).toBe("New");
  return { file, version };
}

async function resume(port: number, { file, version }: Session): Promise<string | undefined> {
  const { kind, text } = await askByOpenssl({ port, ca }, `-${version}`, "-sess_in", file);
  expect(text).toContain("X-Wayleave-Error: no-instances");
  return kind;
}

describe.skipIf(findCommand("openssl") === undefined)("a TLS session", { timeout: 60_000 }, () => {
  it.each(VERSIONS)(
    "of %s is resumed at every router with the same seal key, and no other one",
    async (version) => {
      const [first, second, stranger] = routers;
      const session = await begin(version);
      expect(await resume(second.tlsPort, session)).toBe("Reused");
      expect(await resume(stranger.tlsPort, session)).toBe("New");
      expect(await resume(first.tlsPort, session)).toBe("Reused");
    },
  );

  it("is resumed at workers that were not there when it began", async () => {
    const [first] = routers;
    const sessions = await Promise.all(VERSIONS.map(begin));
    const before = await workersOf(first);
    for (const { pid } of before) process.kill(pid, "SIGKILL");
    await eventually(async () => {
      const now = await workersOf(first);
      const isNew = now.every(({ pid }) => before.every((old) => old.pid !== pid));
      expect([isNew, now.map(({ state }) => state)]).toEqual([true, ["serving", "serving"]]);
    });
    for (const session of sessions) expect(await resume(first.tlsPort, session)).toBe("Reused");
  });

  it("is counted as what it was", async () => {
    const [, second] = routers;
    const metrics = await (await fetch(`${second.admin}/metrics`)).text();
    expect(metrics.match(/^wayleave_tls_handshakes_total.* [1-9]\d*$/gm)).toEqual([
      'wayleave_tls_handshakes_total{kind="resumed",version="TLSv1.2",protocol="none"} 1',
      'wayleave_tls_handshakes_total{kind="resumed",version="TLSv1.3",protocol="none"} 1',
    ]);
  });
});
