// TLS beside the others: requests on kept connections, full handshakes and resumed ones, with one certificate and suite.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { connect } from "node:tls";

import { TestAuthority, freePort, temporaryDirectory } from "@wayleave/testkit";

import type { Budget, Case, Measured, Row, Run } from "../case.ts";
import { type Contender, HOST, type RunningProxy, startContender } from "../contenders/contender.ts";
import { wayleave } from "../contenders/wayleave.ts";
import { figureOf, ratioOf } from "../figure.ts";
import { startInstances } from "../instances.ts";
import { cpuOfHandshakes, cpuOfSecureRequests } from "../load/secure-load.ts";

const KINDS = ["request", "full handshake", "resumed handshake"] as const;
const PEERS = ["nginx", "haproxy"] as const;
const SUITE = "TLS_AES_256_GCM_SHA384";
/** A proxy lives for weeks: what its runtime compiles by and by is not the price of a handshake. */
const WARM_UP_SECONDS = 6;

const BUDGETS: readonly Budget[] = KINDS.flatMap((kind) =>
  PEERS.map((peer) => ({
    what: `TLS: CPU a ${kind}, against ${peer}`,
    row: `${wayleave.name}, ${kind}`,
    column: peer,
    atMost: 1.3,
  })),
);

export const tls: Case = {
  name: "tls",
  title: "TLS 1.3",
  about: `Over TLS with ${SUITE}, X25519 and a P-256 certificate: 130 bytes on 64 kept-alive connections; full handshakes; handshakes resumed by a ticket. 8 handshakes at once, each ended in order. \`node:net\` is here a bare forwarder on \`node:tls\`, the limit of the runtime.`,
  columns: { cpu: "CPU, µs", nginx: "x nginx", haproxy: "x HAProxy" },
  budgets: BUDGETS,
  run: measureTls,
};

interface SecureProxy extends RunningProxy {
  readonly tlsPort: number;
}

async function measureTls(run: Run): Promise<Measured> {
  await using stack = new AsyncDisposableStack();
  const instances = stack.use(await startInstances());
  const authority = new TestAuthority();
  const folder = temporaryDirectory("tls");
  const { chain, key } = authority.issue([HOST, "localhost"]);
  const [pem, trusted] = [path.join(folder, "bench.pem"), path.join(temporaryDirectory("ca"), "ca.pem")];
  await writeFile(pem, chain + key);
  await writeFile(trusted, authority.certificate);
  const proxies: SecureProxy[] = [];
  for (const contender of run.contenders.keys()) {
    if (contender.takesTls !== true) continue;
    proxies.push(stack.use(await startSecure(contender, instances.ports, pem)));
  }
  for (const proxy of proxies) await prove(proxy, authority.certificate);
  const rows: Row[] = [];
  for (const kind of KINDS) {
    const measure = (proxy: SecureProxy, seconds: number): Promise<number> =>
      kind === "request"
        ? cpuOfSecureRequests({ ...proxy, seconds })
        : cpuOfHandshakes({
            ...proxy,
            seconds,
            kind: kind === "full handshake" ? "full" : "resumed",
            trusted,
          });
    const seen = new Map<string, number[]>(proxies.map(({ name }) => [name, []]));
    // The first round warms up.
    for (let round = run.isQuick ? 1 : 0; round <= run.rounds; round += 1) {
      for (const proxy of proxies) {
        const cpu = await measure(proxy, round === 0 ? WARM_UP_SECONDS : run.seconds);
        if (round > 0) seen.get(proxy.name)?.push(cpu);
      }
    }
    rows.push(...proxies.map(({ name }) => rowOf(name, kind, seen)));
    run.tell(`${kind}: ${[...seen].map(([name, all]) => `${name} ${figureOf(all).median} µs`).join(", ")}`);
  }
  return { rows };
}

async function startSecure(
  contender: Contender,
  ports: readonly number[],
  pem: string,
): Promise<SecureProxy> {
  const tlsPort = await freePort();
  const folder = temporaryDirectory("proxy");
  const proxy = await startContender(contender, {
    instances: ports,
    accessLog: false,
    folder,
    tls: { port: tlsPort, pem },
  });
  return { ...proxy, tlsPort };
}

/** Throws unless it answers over TLS 1.3 with the suite that all have. */
async function prove({ name, tlsPort }: SecureProxy, ca: string): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port: tlsPort, servername: HOST, ca });
  await once(socket, "secureConnect");
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  const [answer]: unknown[] = await once(socket, "data");
  const { name: suite } = socket.getCipher();
  socket.destroy();
  if (!String(answer).startsWith("HTTP/1.1 200") || suite !== SUITE) {
    throw new Error(`${name} answers ${suite} ${String(answer).slice(0, 80)}`);
  }
}

function rowOf(name: string, kind: string, seen: ReadonlyMap<string, readonly number[]>): Row {
  const own = seen.get(name) ?? [];
  const peers = name === wayleave.name ? PEERS.filter((peer) => seen.has(peer)) : [];
  const ratios = peers.map((peer) => [peer, ratioOf(own, seen.get(peer) ?? [])]);
  return { name: `${name}, ${kind}`, figures: { cpu: figureOf(own), ...Object.fromEntries(ratios) } };
}
