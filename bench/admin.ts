// What looking costs: a scrape of /metrics, and the stream, of a router with many routes that all have traffic.
//
//   node bench/admin.ts [routes]        default 5,000
//
// One JSON object on standard output: milliseconds, CPU time that of the router and the reader together; `held` is the longest turn of the event loop meanwhile, and `idle`
// the longest without anything to do, on the same machine in the same minute.

import { Agent, request } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import type { Follower } from "@wayleave/store";
import { startRouter } from "@wayleave/router";

const ROUTES = Number(process.argv[2] ?? 5_000);
const SCRAPES = 20;
const ANY_PORT = { host: "127.0.0.1", port: 0 };

/** A table of many routes to one app that nobody serves: every request is answered, with 503. */
const source = {
  endpoints: [],
  follow: (prefix: string, follower: Follower) => {
    const records = Array.from({ length: ROUTES }, (_, at) => ({
      key: `${prefix}routes/h${at}.example/`,
      value: '{"to":[{"app":"shop"}]}',
      createRevision: 1,
      modRevision: 1,
      lease: "0",
    }));
    follower.snapshot({ revision: 1, records, reason: "start", clusterId: "" });
    return { revision: 1, lastProofAt: Date.now(), relist: resolved, close: resolved };
  },
};

const router = await startRouter({ store: source, listen: ANY_PORT, admin: ANY_PORT });
const admin = `http://127.0.0.1:${router.adminPort}`;
await askEveryRoute();
const idle = await held(() => sleep(1_000));
const scrapes: number[] = [];
const cpuBefore = process.cpuUsage();
let scrapeCpuMs = 0;
let bytes = 0;
const whileScraped = await held(async () => {
  for (let at = 0; at < SCRAPES; at += 1) {
    const began = performance.now();
    bytes = (await (await fetch(`${admin}/metrics`)).text()).length;
    scrapes.push(performance.now() - began);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  scrapeCpuMs = (user + system) / 1_000 / SCRAPES;
});
const stream = await readStream();
await router.close();
const median = scrapes.toSorted((a, b) => a - b)[SCRAPES / 2] ?? 0;
const worst = Math.max(...scrapes);
const scrape = {
  median: round(median),
  worst: round(worst),
  cpuMs: round(scrapeCpuMs),
  bytes,
  held: round(whileScraped),
};
console.log(JSON.stringify({ routes: ROUTES, idle: { held: round(idle) }, scrape, stream }, null, 2));

function resolved(): Promise<void> {
  return Promise.resolve();
}

async function askEveryRoute(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const ask = (at: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { host: `h${at}.example` };
      const asked = request({ host: "127.0.0.1", port: router.port, agent, headers }, (answer) => {
        answer.resume().on("end", resolve);
      });
      asked.on("error", reject).end();
    });
  await Promise.all(Array.from({ length: ROUTES }, (_, at) => ask(at)));
  agent.destroy();
}

/** The snapshot of the stream, and the CPU time of this whole process, router and reader, in the 5 seconds behind it. */
async function readStream(): Promise<object> {
  const cancel = new AbortController();
  const began = performance.now();
  const ended = Promise.withResolvers<number>();
  let characters = 0;
  const reading = (async () => {
    const answer = await fetch(`${admin}/api/stream`, { signal: cancel.signal });
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      const text = decoder.decode(chunk, { stream: true });
      characters += text.length;
      if (text.includes('"kind":"end"')) ended.resolve(performance.now() - began);
    }
  })().catch(() => undefined);
  const heldMs = await held(() => ended.promise);
  const snapshotMs = await ended.promise;
  const snapshotCharacters = characters;
  const before = process.cpuUsage();
  await sleep(5_000);
  const { user, system } = process.cpuUsage(before);
  cancel.abort();
  await reading;
  return {
    snapshot: { ms: round(snapshotMs), characters: snapshotCharacters, held: round(heldMs) },
    cpuMsASecond: round((user + system) / 5_000),
    charactersASecond: Math.round((characters - snapshotCharacters) / 5),
  };
}

async function held(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.max / 1e6;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
