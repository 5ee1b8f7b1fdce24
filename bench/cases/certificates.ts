// What many certificates cost: the start of a router, and a handshake of any of their hosts.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { connect } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";

import { keysUnder } from "@wayleave/records";
import { TestAuthority, freePort, temporaryDirectory } from "@wayleave/testkit";

import { sealKeysOf } from "../../packages/router/src/certificates/seal-keys.ts";
import type { Case, Measured, Run } from "../case.ts";
import { BenchEtcd, type BenchRouter } from "../cluster/large-table.ts";
import { HOST } from "../contenders/contender.ts";
import { figureOf, ratioOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { cpuOfHandshakes } from "../load/secure-load.ts";

const ONE = "1 certificate";
const MANY = "1,000 certificates";
const QUICK_COUNT = 20;
const SERVES_WITHIN_MS = 20_000;
const LOOK_AGAIN_MS = 5;

export const certificates: Case = {
  name: "certificates",
  title: "With 1,000 certificates",
  about:
    "Two routers that follow the same etcd, one with a certificate there, one with 1,000, all sealed. Full handshakes with TLS 1.3, X25519 and P-256, with any of the hosts at random, after the first one with each. Start: from the command until a handshake with the last host is done.",
  columns: { start: "start, s", cpu: "CPU, µs a handshake", ratio: "CPU, x 1 certificate" },
  budgets: [
    { what: "handshake of any of 1,000 certificates, against one", row: MANY, column: "ratio", atMost: 1.2 },
    { what: "start with 1,000 certificates, seconds", row: MANY, column: "start", atMost: 2 },
  ],
  run: measureCertificates,
};

/** A router that takes TLS. */
interface SecureRouter extends BenchRouter {
  readonly tlsPort: number;
  /** Seconds. */
  readonly startedIn: number;
}

async function measureCertificates(run: Run): Promise<Measured> {
  await using stack = new AsyncDisposableStack();
  const instances = stack.use(await startInstances());
  const etcd = stack.use(await BenchEtcd.start());
  const authority = new TestAuthority();
  const trusted = path.join(temporaryDirectory("ca"), "ca.pem");
  await writeFile(trusted, authority.certificate);
  const sealKey = randomBytes(32).toString("base64");
  const sizes = { [ONE]: 1, [MANY]: run.isQuick ? QUICK_COUNT : 1_000 };
  const routers: { readonly name: string; readonly hosts: number; readonly router: SecureRouter }[] = [];
  const starts = new Map<string, number[]>();
  for (const [name, hosts] of Object.entries(sizes)) {
    const prefix = `/bench-${hosts}/`;
    await etcd.fill(prefix, { apps: 0, instancesEach: 0 }, instances);
    await fillCertificates(etcd, { prefix, hosts, authority, sealKey });
    const start = (): Promise<SecureRouter> =>
      startSecure(etcd, {
        prefix,
        sealKey,
        lastHost: `host-${hosts - 1}.${HOST}`,
        ca: authority.certificate,
      });
    const took: number[] = [];
    for (let round = 1; round < run.rounds; round += 1) {
      await using router = await start();
      took.push(router.startedIn);
    }
    const router = stack.use(await start());
    starts.set(name, [...took, router.startedIn]);
    routers.push({ name, hosts, router });
  }
  const seen = new Map<string, number[]>(routers.map(({ name }) => [name, []]));
  // The first round makes the contexts.
  for (let round = 0; round <= run.rounds; round += 1) {
    for (const { name, hosts, router } of routers) {
      const seconds = round === 0 && !run.isQuick ? Math.max(3, run.seconds) : run.seconds;
      const cpu = await cpuOfHandshakes({
        ...router,
        pid: router.main,
        seconds,
        kind: "full",
        trusted,
        hosts,
      });
      if (round > 0) seen.get(name)?.push(cpu);
    }
  }
  const of = (name: string): number[] => seen.get(name) ?? [];
  return {
    rows: [ONE, MANY].map((name) => ({
      name,
      figures: {
        start: figureOf(starts.get(name) ?? []),
        cpu: figureOf(of(name)),
        ratio: ratioOf(of(name), of(ONE)),
      },
    })),
  };
}

async function fillCertificates(
  { store }: BenchEtcd,
  of: {
    readonly prefix: string;
    readonly hosts: number;
    readonly authority: TestAuthority;
    readonly sealKey: string;
  },
): Promise<void> {
  const keys = keysUnder(of.prefix);
  const sealKeys = sealKeysOf({ sealKeys: of.sealKey });
  for (let at = 0; at < of.hosts; at += 1) {
    const { chain, key } = of.authority.issue([`host-${at}.${HOST}`]);
    const value = JSON.stringify({ chain, key: sealKeys.seal(`c${at}`, key) });
    await store.commit([{ put: keys.certificate(`c${at}`), value }]);
  }
}

async function startSecure(
  etcd: BenchEtcd,
  of: { readonly prefix: string; readonly sealKey: string; readonly lastHost: string; readonly ca: string },
): Promise<SecureRouter> {
  const tlsPort = await freePort();
  const from = performance.now();
  const starting = etcd.startRouter(of.prefix, {
    args: ["--listen-tls", `127.0.0.1:${tlsPort}`],
    env: { WAYLEAVE_SEAL_KEY: of.sealKey },
  });
  const [router] = await Promise.all([starting, handshakeDone(tlsPort, of)]);
  return { ...router, tlsPort, startedIn: (performance.now() - from) / 1_000 };
}

async function handshakeDone(
  port: number,
  { lastHost, ca }: { readonly lastHost: string; readonly ca: string },
): Promise<void> {
  const deadline = performance.now() + SERVES_WITHIN_MS;
  for (;;) {
    const socket = connect({ host: "127.0.0.1", port, servername: lastHost, ca });
    try {
      await once(socket, "secureConnect");
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(LOOK_AGAIN_MS);
    } finally {
      socket.destroy();
    }
  }
}
