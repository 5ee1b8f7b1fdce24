// Requests over TLS, by certificates in etcd: what clients see, what a swap does to them, and where keys never are.

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TLSSocket, connect } from "node:tls";
import { promisify } from "node:util";

import { type EmbeddedEtcd, startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { keysUnder } from "@wayleave/records";
import { SealKeys } from "@wayleave/router/certificates";
import { type Store, openStore } from "@wayleave/store";
import {
  type DemoApp,
  type IssuedCertificate,
  TestAuthority,
  eventually,
  startDemoApp,
  temporaryDirectory,
} from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findCommand } from "../packages/router/src/engine/raw-cases/find-command.ts";
import { type RunningReplica, startReplica, wayleave } from "./cluster.ts";

const run = promisify(execFile);
const keys = keysUnder();
const root = new TestAuthority();
const sealKey = randomBytes(32).toString("base64");
const parsed = SealKeys.parse(sealKey);
if (!parsed.ok) throw new Error(parsed.reason);
const sealKeys = parsed.value;
const SWAPS = 100;

/** CI installs them. */
const lacks = (...tools: string[]): boolean => tools.some((tool) => findCommand(tool) === undefined);

let directory: string;
let etcd: EmbeddedEtcd;
let store: Store;
let app: DemoApp;
let replica: RunningReplica;

function put(name: string, { chain, key }: IssuedCertificate): { put: string; value: string } {
  return { put: keys.certificate(name), value: JSON.stringify({ chain, key: sealKeys.seal(name, key) }) };
}

function putRoute(host: string): { put: string; value: string } {
  return { put: keys.route(host, "/"), value: JSON.stringify({ to: [{ app: "shop" }] }) };
}

const first = root.intermediate("first").issue(["shop.example"]);

beforeAll(async () => {
  directory = temporaryDirectory("tls");
  const sealKeyFile = join(directory, "seal-key");
  await writeFile(sealKeyFile, sealKey);
  await writeFile(join(directory, "root.pem"), root.certificate);
  etcd = await startEmbeddedEtcd();
  store = openStore({ endpoints: [etcd.endpoint] });
  app = await startDemoApp({ name: "shop" });
  const instance = JSON.stringify({ address: "127.0.0.1", port: app.port });
  await store.commit([
    put("shop", first),
    putRoute("shop.example"),
    { put: keys.instance("shop", "1"), value: instance },
  ]);
  const flags = ["--listen-tls", "127.0.0.1:0", "--seal-key-file", sealKeyFile, "--workers", "2"];
  replica = await startReplica([etcd.endpoint], [...flags, "--state-dir", join(directory, "state")]);
});

afterAll(async () => {
  await replica.command.close();
  await app.close();
  await store.close();
  await etcd.close();
});

function curl(host: string, ...args: string[]): Promise<{ stdout: string }> {
  const to = ["--resolve", `${host}:${replica.tlsPort}:127.0.0.1`, `https://${host}:${replica.tlsPort}/`];
  return run("curl", ["-sS", "--max-time", "10", "--cacert", join(directory, "root.pem"), ...args, ...to]);
}

/** Whom a handshake's certificate is for, and who issued it; rejects when the handshake fails. */
async function handshake(servername: string): Promise<{ names: string; issuer: string; above: string }> {
  const socket: TLSSocket = connect({
    port: replica.tlsPort,
    host: "127.0.0.1",
    servername,
    ca: root.certificate,
  });
  try {
    await once(socket, "secureConnect");
    const peer = socket.getPeerCertificate(true);
    const above = String(peer.issuerCertificate.subject.CN);
    return { names: peer.subjectaltname ?? "", issuer: String(peer.issuer.CN), above };
  } finally {
    socket.destroy();
  }
}

describe("a router that listens for TLS", { timeout: 60_000 }, () => {
  it.skipIf(lacks("curl", "openssl"))("answers curl, and shows openssl a whole chain", async () => {
    const { stdout } = await curl(
      "shop.example",
      "--http1.1",
      "-o",
      "/dev/null",
      "-w",
      "%{http_code} %{ssl_verify_result}",
    );
    expect(stdout).toBe("200 0");
    const target = `127.0.0.1:${replica.tlsPort}`;
    const shown = run("openssl", [
      "s_client",
      "-connect",
      target,
      "-servername",
      "shop.example",
      "-CAfile",
      join(directory, "root.pem"),
      "-showcerts",
    ]);
    shown.child.stdin?.end();
    const { stdout: session } = await shown;
    expect(session).toContain("Verify return code: 0 (ok)");
    expect(session.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(session).toMatch(/TLSv1\.3/);
  });

  it.skipIf(lacks("curl", "h2load"))(
    "speaks HTTP/2 with curl, and with h2load without an error",
    async () => {
      const { stdout } = await curl(
        "shop.example",
        "--http2",
        "-o",
        "/dev/null",
        "-w",
        "%{http_version} %{http_code}",
      );
      expect(stdout).toBe("2 200");
      const target = ["--connect-to", `127.0.0.1:${replica.tlsPort}`, "https://shop.example/"];
      const { stdout: told } = await run("h2load", ["-n", "2000", "-c", "4", "-m", "10", ...target]);
      expect(told).toContain("2000 succeeded, 0 failed, 0 errored");
      expect(told).toContain("status codes: 2000 2xx");
    },
  );

  it.skipIf(lacks("curl"))("has a route and its certificate from the revision that brings both", async () => {
    const revision = await store.commit([
      put("blog", root.issue(["blog.example"])),
      putRoute("blog.example"),
    ]);
    await wayleave([etcd.endpoint], "wait", "--revision", String(revision));
    const { stdout } = await curl("blog.example", "-o", "/dev/null", "-w", "%{http_code}");
    expect(stdout).toBe("200");
  });

  it(`serves every handshake while a certificate is swapped ${SWAPS} times, and never a mixed chain`, async () => {
    const versions = Array.from({ length: SWAPS }, (_, index) =>
      root.intermediate(`version-${index}`).issue(["shop.example", `version-${index}.example`]),
    );
    const seen: { names: string; issuer: string; above: string }[] = [];
    const stopping = new AbortController();
    const clients = Array.from({ length: 4 }, async () => {
      while (!stopping.signal.aborted) seen.push(await handshake("shop.example"));
    });
    let revision = 0;
    for (const version of versions) {
      const before = seen.length;
      revision = await store.commit([put("shop", version)]);
      // One at least for each, however slow the machine is.
      await eventually(() => expect(seen.length).toBeGreaterThan(before));
    }
    await wayleave([etcd.endpoint], "wait", "--revision", String(revision));
    stopping.abort();
    // None was refused: then one of these would have rejected.
    await Promise.all(clients);
    expect(seen.length).toBeGreaterThanOrEqual(SWAPS);
    for (const { names, issuer, above } of seen) {
      expect(above).toBe(issuer);
      if (issuer !== "first") expect(names).toContain(`DNS:${issuer}.example`);
    }
    expect((await handshake("shop.example")).issuer).toBe(`version-${SWAPS - 1}`);
  });

  it("takes certificates from a folder, too", async () => {
    const folder = temporaryDirectory("folder");
    const { chain, key } = root.issue(["files.example"]);
    await writeFile(join(folder, "files.pem"), chain + key);
    const flags = ["--listen-tls", "127.0.0.1:0", "--certificates", folder, "--workers", "1"];
    const other = await startReplica([etcd.endpoint], flags);
    try {
      const socket = connect({
        port: other.tlsPort,
        host: "127.0.0.1",
        servername: "files.example",
        ca: root.certificate,
      });
      await once(socket, "secureConnect");
      expect(socket.getPeerX509Certificate()?.subjectAltName).toBe("DNS:files.example");
      socket.destroy();
    } finally {
      await other.command.close();
    }
  });

  it("shows a private key nowhere: not in etcd, the admin API, logs, errors, the state on disk or an export", async () => {
    const secret = first.key.split("\n")[1] ?? "no key";
    const mismatch = { chain: root.issue(["shop.example"]).chain, key: first.key };
    const looking = followEverything(replica.admin);
    await store.commit([
      put("shop", first),
      { put: keys.certificate("broken"), value: `{"key": "${secret}` },
      { put: keys.certificate("misplaced"), value: `{"chain": "${secret}", "key": "${secret}"}` },
      { put: keys.certificate("mismatch"), value: put("mismatch", mismatch).value },
    ]);
    await store.commit([
      { put: keys.certificate("wrong"), value: put("other", first).value },
      { put: keys.certificate("plain"), value: JSON.stringify(first) },
    ]);
    await eventually(async () => {
      const rejected = await (await fetch(`${replica.admin}/api/rejected`)).json();
      expect(rejected).toHaveLength(5);
    });
    const told = [...(await readEverything(replica.admin)), ...(await looking.end())];
    expect(told.join("\n")).toContain("the seal is broken");
    const sealed = ["shop", "mismatch", "wrong"].map((name) => keys.certificate(name));
    const { records } = await store.list(keys.table);
    const inEtcd = records.filter(({ key }) => sealed.includes(key)).map(({ value }) => value);
    expect(inEtcd).toHaveLength(sealed.length);
    const byEtcdctl = lacks("etcdctl")
      ? []
      : sealed.map((key) => run("etcdctl", ["--endpoints", etcd.endpoint, "get", key]));
    const state = join(directory, "state");
    const onDisk = await eventually(async () => {
      const files = await readdir(state);
      expect(files.length).toBeGreaterThan(0);
      return await Promise.all(files.map((file) => readFile(join(state, file), "utf8")));
    });
    await writeFile(join(directory, "plain.json"), JSON.stringify({ certificates: { leaky: mismatch } }));
    await writeFile(join(directory, "key.pem"), first.key);
    const file = join(directory, "plain.json");
    const pem = join(directory, "key.pem");
    const printed = await Promise.all(
      [
        ["certificates", "ls", "--json"],
        ["certificates", "get", "shop"],
        ["certificates", "get", "plain", "--json"],
        ["certificates", "get", "wrong"],
        [
          "certificates",
          "set",
          "new",
          "--chain",
          pem,
          "--key",
          pem,
          "--seal-key-file",
          join(directory, "seal-key"),
        ],
        ["certificates", "set", "new", "--chain", pem, "--key", file, "--plain-key"],
        ["certificates", "set", "new", "--chain", pem, "--key", pem, "--seal-key-file", pem],
        ["export"],
        ["apply", "-f", file],
        ["diff", "-f", file],
        ["status", "--admin", replica.admin],
      ].map((args) => wayleave([etcd.endpoint], ...args).catch(String)),
    );
    const logs = [replica.command.stdout(), replica.command.stderr()];
    const plain = (await Promise.all(byEtcdctl)).map(({ stdout }) => stdout);
    for (const text of [...told, ...inEtcd, ...plain, ...onDisk, ...logs, ...printed]) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain("PRIVATE KEY");
      expect(text).not.toContain(sealKey);
    }
  });
});

/** Every answer of the admin listener that needs no question, and some that do. */
async function readEverything(admin: string): Promise<string[]> {
  const document: unknown = await (await fetch(`${admin}/api/openapi.json`)).json();
  const { paths } = document as { paths: Record<string, object> };
  const plain = Object.entries(paths).flatMap(([path, operations]) =>
    "get" in operations && !STREAMS.includes(path) ? [path] : [],
  );
  expect(plain).toContain("/api/certificates");
  const asked = ["/api/explain?url=https://shop.example/", "/api/route?host=shop.example&path=/"];
  return await Promise.all([...plain, ...asked].map(async (path) => (await fetch(admin + path)).text()));
}

const STREAMS = ["/api/stream", "/api/tap", "/api/wait"];

/** Reads the admin listener's streams until their end is asked for. */
function followEverything(admin: string): { end(): Promise<string[]> } {
  const stopping = new AbortController();
  const read = ["/api/stream", "/api/tap"].map(async (path) => {
    let text = "";
    try {
      const { body } = await fetch(admin + path, { signal: stopping.signal });
      for await (const chunk of body ?? []) text += Buffer.from(chunk).toString();
    } catch {
      // Its end was asked for.
    }
    expect(text).not.toBe("");
    return text;
  });
  return {
    end: () => {
      stopping.abort();
      return Promise.all(read);
    },
  };
}
