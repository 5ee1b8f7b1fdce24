// One proxy of bench/engine.ts as a process: `node engine-proxy.ts KIND PORT[,PORT] [SETTINGS] [PEM] [h2c]`; prints its
// port. The first port is an instance of `/`, the second one of `/slow`; the settings are a settings record, and with
// `instanceTls` in it they speak https, with `h2c` that; with a file of a certificate and its key, clients come over TLS.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Agent, createServer } from "node:http";

import httpProxy from "http-proxy";

import { type Settings, parseSettings } from "../packages/records/src/index.ts";
import { SealKeys } from "../packages/router/src/certificates/seal-keys.ts";
import { SecureContexts } from "../packages/router/src/certificates/secure-contexts.ts";
import { certificateOf } from "../packages/router/src/certificates/testing/certificate-of.ts";
import type { CreateEngine } from "../packages/router/src/engine/engine.ts";
import { createHttpProxyEngine } from "../packages/router/src/engine/http-proxy/http-proxy-engine.ts";
import { createWireEngine } from "../packages/router/src/engine/wire/wire-engine.ts";
import { createExchanges } from "../packages/router/src/request/handle-exchange.ts";
import { trustPeers } from "../packages/router/src/request/trusted-peers.ts";
import { CertificateIndex } from "../packages/router/src/table/certificate-index.ts";
import type { TableChange } from "../packages/router/src/table/table-change.ts";
import { Table } from "../packages/router/src/table/table.ts";

const [kind = "wire", instancePorts = "0", settings = "{}", pem, spoken] = process.argv.slice(2);

const ENGINES: Record<string, CreateEngine> = { wire: createWireEngine, engine: createHttpProxyEngine };

function readSettings(text: string): Settings {
  const parsed = parseSettings(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

const [instancePort, slowPort] = instancePorts.split(",");

/** A route to an app of one instance, and that. */
function place(
  path: string,
  app: string,
  port: string | undefined,
): Pick<TableChange, "routes" | "instances"> {
  if (port === undefined) return { routes: [], instances: [] };
  const plain = spoken === "h2c" ? spoken : "http";
  const protocol = readSettings(settings).instanceTls === undefined ? plain : "https";
  const address = { address: "127.0.0.1", port: Number(port), protocol } as const;
  return {
    routes: [{ host: "*", path, route: { to: [{ app }] } }],
    instances: [{ app, id: "1", instance: { ...address, state: "ready", since: 0, isSuspect: false } }],
  };
}

/** Contexts as the router has them, with one certificate that serves everybody. */
function contextsOf(text: string): SecureContexts {
  const certificates = new CertificateIndex();
  const certificate = certificateOf({
    chain: text.slice(0, text.indexOf("-----BEGIN PRIVATE KEY-----")),
    key: text.slice(text.indexOf("-----BEGIN PRIVATE KEY-----")),
    isDefault: true,
  });
  certificates.set("bench", certificate);
  return new SecureContexts({
    certificates,
    sealKeys: SealKeys.none(),
    ticketSecret: randomBytes(32),
    now: Date.now,
    onUnusable: () => undefined,
  });
}

async function startEngine(create: CreateEngine): Promise<number> {
  const table = new Table({ affinityKey: "bench" });
  const [main, slow] = [place("/", "app", instancePort), place("/slow", "slow", slowPort)];
  table.apply({
    revision: 1,
    settings: readSettings(settings),
    routes: [...main.routes, ...slow.routes],
    instances: [...main.instances, ...slow.instances],
  });
  const exchanges = createExchanges({
    table: () => table,
    observers: [],
    pseudonym: "bench",
    isTrusted: trustPeers([]),
    now: Date.now,
    clock: () => performance.now(),
    random: Math.random,
  });
  const tls = pem === undefined ? undefined : { contexts: contextsOf(await readFile(pem, "utf8")) };
  const engine = create({ exchanges, listenerPolicy: () => table.listenerPolicy, tls });
  const at = { host: "127.0.0.1", port: 0 };
  const { port } = tls === undefined ? await engine.listen(at) : await engine.listenTls(at);
  return port;
}

/** http-proxy as its users have it: with an agent that keeps connections, and nothing around it. */
function startBareProxy(): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const proxy = httpProxy.createProxyServer({
    target: `http://127.0.0.1:${instancePort}`,
    agent,
    xfwd: true,
  });
  const server = createServer((request, response) => proxy.web(request, response));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

const create = ENGINES[kind];
const port = create === undefined ? await startBareProxy() : await startEngine(create);
process.stdout.write(`${port}\n`);
process.once("SIGTERM", () => process.exit(0));
