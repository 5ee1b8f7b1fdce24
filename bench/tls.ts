// TLS beside nginx and HAProxy, on one core each, with one certificate (P-256) and the same suite: CPU time of a full
// handshake, of a resumed one, and of a request on kept-alive connections. `node bench/tls.ts [--rounds N] [--seconds N]`.
// First proves that each answers rightly; then rounds in turn, and the median over them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TLSSocket, connect } from "node:tls";
import { parseArgs } from "node:util";

import { TestAuthority } from "@wayleave/testkit";

import { type Contender, startContenders } from "./engine-contenders.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
    only: { type: "string" },
  },
});
const TICK_US = 10_000;
const KINDS = ["request", "full handshake", "resumed handshake"] as const;
type Kind = (typeof KINDS)[number];

const authority = new TestAuthority();
// One group for all: left alone, OpenSSL 3.5 takes the post-quantum X25519MLKEM768, and older ones cannot.
const client = {
  host: "127.0.0.1",
  servername: "bench.example",
  ca: authority.certificate,
  ecdhCurve: "X25519",
};

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "wayleave-bench-tls-"));
  try {
    const { chain, key } = authority.issue(["bench.example"]);
    await writeFile(`${folder}/bench.pem`, chain + key);
    const only = values.only?.split(",") ?? ["wire", "nginx", "haproxy"];
    await using contenders = await startContenders(only, { pem: `${folder}/bench.pem` });
    for (const contender of contenders.all) await prove(contender);
    await compare(contenders.all);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Throws unless the contender answers over TLS 1.3 with the suite that all have. */
async function prove({ name, port }: Contender): Promise<void> {
  const socket = connect({ ...client, port });
  await once(socket, "secureConnect");
  socket.write("GET / HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n");
  const [answer]: unknown[] = await once(socket, "data");
  const { name: suite } = socket.getCipher();
  socket.destroy();
  if (!String(answer).startsWith("HTTP/1.1 200") || suite !== "TLS_AES_256_GCM_SHA384") {
    throw new Error(`${name} answers ${suite} ${String(answer).slice(0, 80)}`);
  }
}

async function compare(contenders: readonly Contender[]): Promise<void> {
  const work: Record<Kind, (contender: Contender) => Promise<number>> = {
    request: requests,
    "full handshake": (contender) => handshakes(contender, undefined),
    "resumed handshake": async (contender) => handshakes(contender, await sessionOf(contender)),
  };
  for (const kind of KINDS) {
    const seen = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
    // The first round warms up.
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const contender of contenders) {
        const before = await contender.cpuTicks();
        const count = await work[kind](contender);
        const each = (((await contender.cpuTicks()) - before) * TICK_US) / count;
        if (round > 0) seen.get(contender.name)?.push(each);
      }
    }
    report(kind, seen);
  }
}

async function requests({ name, port }: Contender): Promise<number> {
  const target = `https://127.0.0.1:${port}/`;
  const flags = ["-t1", `-c${values.connections}`, `-d${values.seconds}s`, "-H", "Host: bench.example"];
  const child = spawn("wrk", [...flags, target]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  await new Promise((resolve) => child.once("close", resolve));
  const count = Number(/(\d+) requests in/.exec(text)?.[1]);
  if (!(count > 0) || /Non-2xx|Socket errors/.test(text)) throw new Error(`${name}: ${text}`);
  return count;
}

/** Handshakes until the time is over, some at once; throws when one fails, or was not of the kind. */
async function handshakes({ name, port }: Contender, session: Buffer | undefined): Promise<number> {
  const until = performance.now() + Number(values.seconds) * 1_000;
  let count = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < until) {
      const socket = connect({ ...client, port, ...(session !== undefined && { session }) });
      await once(socket, "secureConnect");
      if (socket.isSessionReused() !== (session !== undefined)) throw new Error(`${name}: not of the kind`);
      await finish(socket);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, loop));
  return count;
}

/** A ticket; under TLS 1.3 it comes behind the handshake. */
async function sessionOf({ port }: Contender): Promise<Buffer> {
  const socket = connect({ ...client, port });
  const [session]: unknown[] = await once(socket, "session");
  await finish(socket);
  if (session instanceof Buffer) return session;
  throw new TypeError("no session came");
}

/** In order: a client that only cut the connection would do so before the last of its handshake is out. */
async function finish(socket: TLSSocket): Promise<void> {
  const closed = once(socket, "close");
  socket.resume().end();
  await closed;
}

function report(kind: Kind, seen: ReadonlyMap<string, readonly number[]>): void {
  const median = (name: string): number => middle(seen.get(name) ?? []);
  const against = ["nginx", "haproxy"].filter((name) => seen.has(name));
  process.stdout.write(`${kind}\n`);
  for (const [name, each] of seen) {
    const ratios = against.map((other) => `${(median(name) / median(other)).toFixed(2)} x ${other}`);
    const all = each.map((us) => us.toFixed(1)).join(" ");
    process.stdout.write(
      `  ${name.padEnd(8)} ${median(name).toFixed(1).padStart(7)} us  ${ratios.join("  ")}  (${all})\n`,
    );
  }
}

function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

await main();
