// HTTP/2 from clients over TLS to an app of HTTP/2 in clear text, beside nginx (grpc_pass) and HAProxy on one core each:
// CPU time of an exchange. `node bench/h2c.ts [--rounds N] [--seconds N] [--only NAME,NAME]`. h2load asks, 16 connections
// with 8 exchanges at once on each; rounds in turn, and the median over them. All but one in 1,000 answers must be a 200.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs, promisify } from "node:util";

import { TestAuthority } from "@wayleave/testkit";

import { type Contender, startContenders } from "./engine-contenders.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    only: { type: "string" },
  },
});
const TICK_US = 10_000;
const MAX_FAILED = 0.001;
const KINDS = ["GET, 130 bytes of answer", "POST, 100 bytes of request"] as const;

const run = promisify(execFile);

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "wayleave-bench-h2c-"));
  try {
    const { chain, key } = new TestAuthority().issue(["bench.example"]);
    await writeFile(`${folder}/bench.pem`, chain + key);
    await writeFile(`${folder}/body`, "x".repeat(100));
    const only = values.only?.split(",") ?? ["wire", "nginx", "haproxy"];
    await using contenders = await startContenders(only, { pem: `${folder}/bench.pem`, isHttp2: true });
    await compare(contenders.all, `${folder}/body`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compare(contenders: readonly Contender[], body: string): Promise<void> {
  for (const kind of KINDS) {
    const flags = kind.startsWith("POST") ? ["--data", body] : [];
    const seen = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
    // The first round warms up.
    for (let round = 0; round <= Number(values.rounds); round++) {
      for (const contender of contenders) {
        const before = await contender.cpuTicks();
        const count = await load(contender, flags);
        const each = (((await contender.cpuTicks()) - before) * TICK_US) / count;
        if (round > 0) seen.get(contender.name)?.push(each);
      }
    }
    report(kind, seen);
  }
}

/** Gives the number of exchanges; throws when more than a few of them were not answered with 200: nginx fails one in 10,000. */
async function load({ name, port }: Contender, flags: readonly string[]): Promise<number> {
  const shape = ["-t1", "-c16", "-m8", `-D${values.seconds}`, "-H", ":authority: bench.example", ...flags];
  // It goes on for ever with a connection that came to stand only when its time was over.
  const options = { timeout: (Number(values.seconds) + 10) * 1_000 };
  const { stdout } = await run("h2load", [...shape, `https://127.0.0.1:${port}/`], options);
  const [, total] = /requests: (\d+) total/.exec(stdout) ?? [];
  const [, ok] = /status codes: (\d+) 2xx/.exec(stdout) ?? [];
  const failed = Number(total) - Number(ok);
  if (!(Number(ok) > 0) || failed > Number(total) * MAX_FAILED) throw new Error(`${name}: ${stdout}`);
  return Number(ok);
}

function report(kind: string, seen: ReadonlyMap<string, readonly number[]>): void {
  process.stdout.write(`${kind}\n`);
  const ours = seen.get("wire") ?? [];
  for (const [name, each] of seen) {
    const ratios = each.map((us, round) => (ours[round] ?? Number.NaN) / us);
    const beside = name === "wire" ? "" : `  wayleave takes ${middle(ratios).toFixed(2)} x of it`;
    const all = each.map((us) => us.toFixed(1)).join(" ");
    process.stdout.write(
      `  ${name.padEnd(8)} ${middle(each).toFixed(1).padStart(7)} us${beside}  (${all})\n`,
    );
  }
}

function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

await main();
