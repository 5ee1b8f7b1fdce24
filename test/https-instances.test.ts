// Instances that speak TLS and say so (`wayleave run --protocol https`): they prove who they are, or get nothing.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { type TLSSocket, createServer } from "node:tls";

import { type EmbeddedEtcd, startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { type InstanceTls, keysUnder } from "@wayleave/records";
import { type InstanceView, instanceViewSchema, statusSchema } from "@wayleave/records/api";
import { SealKeys } from "@wayleave/router/certificates";
import { type Store, openStore } from "@wayleave/store";
import {
  ask,
  eventually,
  type IssuedCertificate,
  startLoad,
  temporaryDirectory,
  TestAuthority,
} from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  type NamedInstance,
  type RunningReplica,
  startNamedInstance,
  startReplica,
  wayleave,
} from "./cluster.ts";

const keys = keysUnder();
const authority = new TestAuthority("platform");
const stranger = new TestAuthority("stranger");
const sealKey = randomBytes(32).toString("base64");
const WORKERS = 2;
const POLICY: InstanceTls = {
  ca: authority.certificate,
  identity: "instance-id",
  clientCertificate: "router",
};

let etcd: EmbeddedEtcd;
let store: Store;
let replica: RunningReplica;
let instances: readonly NamedInstance[];

function startInstance(name: string): Promise<NamedInstance> {
  const { chain, key } = authority.issue([name]);
  const env = { TLS_CERT: chain, TLS_KEY: key, TLS_CA: authority.certificate };
  return startNamedInstance([etcd.endpoint], { app: "shop", name, ttlSeconds: 60, env }, [
    "--protocol",
    "https",
  ]);
}

/** Writes what instances must prove, and waits until the router has it. */
async function demand(instanceTls: InstanceTls, ejectedMs = 50): Promise<void> {
  const ejection = { baseMs: ejectedMs, maxMs: ejectedMs };
  const revision = await store.commit([
    { put: keys.settings, value: JSON.stringify({ instanceTls, ejection }) },
  ]);
  const applied = await fetch(`${replica.admin}/api/wait?revision=${revision}`);
  expect(applied.status).toBe(200);
}

async function shownInstances(): Promise<readonly InstanceView[]> {
  const shown = await fetch(`${replica.admin}/api/instances?app=shop`);
  return instanceViewSchema.array().parse(await shown.json());
}

async function portOf(name: string): Promise<number> {
  const { record } = await store.get(keys.instance("shop", name));
  const { port, protocol } = JSON.parse(record?.value ?? "{}");
  expect(protocol).toBe("https");
  return Number(port);
}

beforeAll(async () => {
  const directory = temporaryDirectory("https-instances");
  const sealKeyFile = join(directory, "seal-key");
  await writeFile(sealKeyFile, sealKey);
  etcd = await startEmbeddedEtcd();
  store = openStore({ endpoints: [etcd.endpoint] });
  const sealed = SealKeys.parse(sealKey);
  if (!sealed.ok) throw new Error(sealed.reason);
  const own = authority.issue([], { subject: "router" });
  const certificate = { chain: own.chain, key: sealed.value.seal("router", own.key), names: [] };
  await store.commit([
    { put: keys.certificate("router"), value: JSON.stringify(certificate) },
    { put: keys.route("shop.example", "/"), value: JSON.stringify({ to: [{ app: "shop" }] }) },
  ]);
  const flags = ["--seal-key-file", sealKeyFile, "--workers", String(WORKERS)];
  [replica, ...instances] = await Promise.all([
    startReplica([etcd.endpoint], flags),
    startInstance("shop-1"),
    startInstance("shop-2"),
  ]);
  await demand(POLICY);
}, 60_000);

afterAll(async () => {
  for (const { command } of instances) command.kill("SIGTERM");
  await Promise.all(instances.map(({ command }) => command.exit));
  await replica.command.close();
  await store.close();
  await etcd.close();
});

describe("a router before instances that speak TLS and demand a certificate", { timeout: 60_000 }, () => {
  it("sends requests to all of them, and upgraded connections", async () => {
    const answered = new Set<string>();
    await eventually(async () => {
      const { status, body } = await ask(replica.port, "shop.example");
      if (status === 200) answered.add(body);
      expect([...answered].toSorted()).toEqual(["shop-1", "shop-2"]);
    });
    const socket = connect({ host: "127.0.0.1", port: replica.port });
    let heard = "";
    socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
    socket.write("GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await eventually(() => expect(heard).toMatch(/^HTTP\/1.1 101 [^]*\r\n\r\n$/));
    socket.write("hello");
    await eventually(() => expect(heard).toMatch(/\r\n\r\nhello$/));
    socket.destroy();
  });

  it("believes another authority as soon as it is said, and the first one no more", async () => {
    await demand({ ...POLICY, ca: stranger.certificate });
    expect(await ask(replica.port, "shop.example")).toMatchObject({
      status: 502,
      failure: "connect-untrusted",
    });
    await demand(POLICY);
    // Each worker forgets what failed with the next answer of that instance.
    await eventually(async () => {
      expect(await ask(replica.port, "shop.example")).toMatchObject({ status: 200 });
      expect((await shownInstances()).map(({ tlsFailure }) => tlsFailure)).toEqual([null, null]);
    });
  });

  it("sends not a byte to whoever took an address over, and tells of it once", async () => {
    const port = await portOf("shop-1");
    // It crashes, and so does its registrar: its record stays for a minute.
    instances[0]?.crash();
    await instances[0]?.command.exit;
    await using taking = await startTenant(port, authority.issue(["blog-1"]));
    const load = startLoad({ ports: [replica.port], host: "shop.example", method: "POST" });
    await eventually(() => expect(taking.handshakes()).toBeGreaterThan(10), { withinMs: 20_000 });
    const { byStatus, byBody, errors } = await load.stop();
    expect({ statuses: Object.keys(byStatus), bodies: Object.keys(byBody), errors }).toEqual({
      statuses: ["200"],
      bodies: ["shop-2"],
      errors: [],
    });
    expect(taking.bytes()).toBe(0);

    const why = "its certificate is for blog-1, not for the instance shop-1";
    const lines = replica.command.stdout().split("\n");
    const told = lines.filter((line) => line.includes('"instance-distrusted"') && line.includes(why));
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(WORKERS);
    const explained = await wayleave(
      [etcd.endpoint],
      "explain",
      "http://shop.example/",
      "--admin",
      replica.admin,
    );
    expect(explained).toContain(`its TLS handshake failed: ${why}`);
    expect(explained).toContain(`https://127.0.0.1:${port}`);
    const shown = await shownInstances();
    for (const one of [
      { id: "shop-1", tlsFailure: why },
      { id: "shop-2", tlsFailure: null },
    ]) {
      expect(shown).toContainEqual(expect.objectContaining({ protocol: "https", ...one }));
    }
    // For as long as it is out: half a minute here.
    await demand(POLICY, 30_000);
    await eventually(async () => {
      await ask(replica.port, "shop.example");
      const { health } = statusSchema.parse(await (await fetch(`${replica.admin}/api/status`)).json());
      expect(health.reasons).toContainEqual(
        expect.objectContaining({ code: "instances-distrusted", names: ["shop/shop-1"] }),
      );
    });
  });
});

/** Another app's instance: it counts the handshakes that were begun with it, and the bytes that came behind them. */
async function startTenant(port: number, { chain: cert, key }: IssuedCertificate) {
  let handshakes = 0;
  let bytes = 0;
  const sockets = new Set<TLSSocket>();
  const server = createServer({ cert, key }, (socket) => {
    sockets.add(socket);
    socket.on("data", (chunk) => (bytes += chunk.length)).on("error", () => undefined);
  });
  server.on("connection", () => (handshakes += 1));
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    handshakes: () => handshakes,
    bytes: () => bytes,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
