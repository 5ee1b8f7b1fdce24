// What others notice of slow clients: `node bench/slow-clients.ts [--clients N] [--deaf N] [--rounds N]`. Connections
// that send a byte every three seconds, half of them of a head and half of a body, and connections that never read
// their answer. In turn without and with the crowd: p99 of 16 clients that are none of it, and what ended the crowd.

import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "10000" },
    deaf: { type: "string", default: "2000" },
    rounds: { type: "string", default: "2" },
    seconds: { type: "string", default: "5" },
  },
});
const REQUEST = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const OTHERS = 16;
/** So that a round takes half a minute: the defaults are 60 s for a body and no limit for an exchange. */
const SETTINGS = {
  timeouts: { bodyIdleMs: 10_000, exchangeMs: 20_000 },
  limits: { connectionsPerInstance: 20_000 },
};
const SETTLE_MS = 3_000;
const GIVE_UP_MS = 60_000;

async function main(): Promise<void> {
  // The crowd has an app of its own: how an app bears it is no matter of the router's.
  const apps = [run("slow-app.ts", []), run("slow-app.ts", [])];
  const ports = await Promise.all(apps.map(firstLine));
  const router = run("engine-proxy.ts", ["wire", ports.join(","), JSON.stringify(SETTINGS)]);
  try {
    const port = Number(await firstLine(router));
    await latencies(port);
    const ratios: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) ratios.push(await measure(port));
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
    process.stdout.write(`p99 with the crowd: ${least.toFixed(2)} to ${most.toFixed(2)} x of without\n`);
  } finally {
    for (const child of [router, ...apps]) child.kill("SIGKILL");
  }
}

/** One round; gives the ratio of the p99s. */
async function measure(port: number): Promise<number> {
  const quiet = await latencies(port);
  const half = String(Math.floor(Number(values.clients) / 2));
  const crowd = run("slow-crowd.ts", [String(port), half, half, values.deaf]);
  try {
    const began = performance.now();
    const open = await firstLine(crowd);
    // The answers that nobody reads fill the kernel's buffers first: a load, but no slow client's.
    await sleep(SETTLE_MS);
    const crowded = await latencies(port);
    const last = await lastLine(crowd, GIVE_UP_MS);
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    process.stdout.write(
      `p50 ${quiet.p50.toFixed(2)} -> ${crowded.p50.toFixed(2)} ms, p99 ${quiet.p99.toFixed(2)} -> ${crowded.p99.toFixed(2)} ms; ` +
        `${open}; after ${seconds} s ${last}\n`,
    );
    return crowded.p99 / quiet.p99;
  } finally {
    crowd.kill("SIGKILL");
  }
}

/** Has requests answered for a while on a few connections, one after the other on each; milliseconds. */
async function latencies(port: number): Promise<{ p50: number; p99: number }> {
  const until = performance.now() + Number(values.seconds) * 1_000;
  const taken: number[] = [];
  const ask = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" });
      let sentAt = performance.now();
      socket.once("error", reject);
      socket.on("data", (bytes) => {
        if (!bytes.toString("latin1").startsWith("HTTP/1.1 200"))
          return reject(new Error(bytes.toString("latin1")));
        const now = performance.now();
        taken.push(now - sentAt);
        if (now > until) {
          socket.destroy();
          return resolve();
        }
        sentAt = now;
        socket.write(REQUEST);
      });
      socket.write(REQUEST);
    });
  await Promise.all(Array.from({ length: OTHERS }, ask));
  taken.sort((a, b) => a - b);
  const at = (share: number): number => taken[Math.floor(taken.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function run(script: string, args: readonly string[]): ChildProcess {
  const file = path.join(import.meta.dirname, script);
  return spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", (text: Buffer) => resolve(text.toString().trim()));
    child.once("exit", () => reject(new Error(`${child.spawnfile} ended`)));
  });
}

/** The line that says that nobody is left, or the last one before the time is over. */
async function lastLine(child: ChildProcess, ms: number): Promise<string> {
  const until = performance.now() + ms;
  let last = "";
  if (child.stdout === null) return last;
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line.endsWith('"left":0}') || performance.now() > until) break;
  }
  return last;
}

await main();
