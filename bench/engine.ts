// CPU time that a proxy takes for a request, beside others on the same machine: small answers on kept-alive
// connections, one core each. `node bench/engine.ts [--rounds N] [--seconds N] [--connections N] [--only NAME,NAME]`. With
// `--https` each is beside itself before an app that speaks TLS and proves its name.
//
// First proves that each answers rightly. Then rounds in turn, since the machine's speed drifts: what counts is
// the ratio within a run, and a median over the rounds.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { TestAuthority } from "@wayleave/testkit";

import { type Contender, type Contenders, startContenders } from "./engine-contenders.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "64" },
    only: { type: "string" },
    https: { type: "boolean", default: false },
  },
});
const TICKS_A_SECOND = 100;

interface Round {
  readonly microseconds: number;
  readonly requestsASecond: number;
}

async function main(): Promise<void> {
  const only = values.only?.split(",");
  await using plain = await startContenders(only);
  await using secure = values.https ? await startSecure(only) : undefined;
  const all = [...plain.all, ...(secure?.all ?? [])];
  for (const contender of all) await prove(contender);
  const rounds = new Map<string, Round[]>(all.map(({ name }) => [name, []]));
  // The first round warms up.
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const contender of all) {
      const measured = await measure(contender);
      if (round > 0) rounds.get(contender.name)?.push(measured);
    }
  }
  report(rounds);
}

/** The same before an app that speaks TLS. */
async function startSecure(only: readonly string[] | undefined): Promise<Contenders> {
  const folder = await mkdtemp(path.join(tmpdir(), "wayleave-bench-https-"));
  const authority = new TestAuthority();
  const name = "app.bench.example";
  const { chain, key } = authority.issue([name]);
  const [pem, ca] = [path.join(folder, "app.pem"), path.join(folder, "ca.pem")];
  await writeFile(pem, chain + key);
  await writeFile(ca, authority.certificate);
  const contenders = await startContenders(only ?? ["wire", "nginx", "haproxy"], {
    secure: { pem, ca, name },
  });
  return {
    all: contenders.all.map((each) => ({ ...each, name: `${each.name} https` })),
    [Symbol.asyncDispose]: async () => {
      await contenders[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

/** Throws unless the contender gives the app's answer, twice on a connection, and takes a body. */
async function prove({ name, port }: Contender): Promise<void> {
  for (const init of [{}, {}, { method: "POST", body: "x".repeat(10_000) }]) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, init);
    const body = await answer.text();
    if (answer.status !== 200 || !body.startsWith("hello")) {
      throw new Error(`${name} answers ${answer.status} ${JSON.stringify(body.slice(0, 80))}`);
    }
  }
}

async function measure(contender: Contender): Promise<Round> {
  const before = await contender.cpuTicks();
  const requests = await load(contender);
  const ticks = (await contender.cpuTicks()) - before;
  return {
    microseconds: ((ticks / TICKS_A_SECOND) * 1e6) / requests,
    requestsASecond: requests / Number(values.seconds),
  };
}

async function load({ name, port }: Contender): Promise<number> {
  const target = `http://127.0.0.1:${port}/`;
  const child = spawn("wrk", ["-t1", `-c${values.connections}`, `-d${values.seconds}s`, target]);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  await new Promise((resolve) => child.once("close", resolve));
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`${name}: ${text}`);
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  if (!(requests > 0)) throw new Error(`${name}: wrk says ${text}`);
  return requests;
}

function report(rounds: ReadonlyMap<string, readonly Round[]>): void {
  const median = (name: string): number => middle(rounds.get(name)?.map((each) => each.microseconds) ?? []);
  for (const [name, measured] of rounds) {
    const each = measured.map((round) => round.microseconds.toFixed(1)).join(" ");
    const suffix = name.endsWith(" https") ? " https" : "";
    const against = ["nginx", "haproxy"].map((other) => other + suffix).filter((other) => rounds.has(other));
    if (suffix !== "") against.push(name.slice(0, -suffix.length));
    const ratios = against.map((other) => `${(median(name) / median(other)).toFixed(2)} x ${other}`);
    const speed = middle(measured.map((round) => round.requestsASecond));
    process.stdout.write(
      `${name.padEnd(12)} ${median(name).toFixed(1).padStart(6)} us/request  ${ratios.join("  ")}  ${Math.round(speed)}/s  (${each})\n`,
    );
  }
}

function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

await main();
