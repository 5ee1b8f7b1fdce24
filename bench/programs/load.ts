// `node load.ts '{"port":..., ...}'` (a LoadPlan): sends requests for a while, and ends with a line of JSON, as wrk.lua does.

import { setTimeout as delay } from "node:timers/promises";

import { percentileOf } from "../figure.ts";
import type { LoadPlan } from "../load/load.ts";
import { Client, type LoadClient } from "./client.ts";
import { Http2Client } from "./http2-client.ts";

/** Answers that are under way when the time is over may take so long. */
const LAST_ANSWERS_MS = 5_000;
const TICK_MS = 1;

const plan: LoadPlan = JSON.parse(process.argv[2] ?? "{}");
const startedAt = performance.now();
const countedFrom = startedAt + (plan.warmUpSeconds ?? 0) * 1_000;
const latencies: number[] = [];
let errors = 0;
/** When each of the requests that wait for a connection was due. */
const waiting: number[] = [];
/** Those that are free. Who has been so for longest is the next: each has its turn, and with them each protocol. */
const idle: LoadClient[] = [];
/** Aborted when the time is over. */
const time = new AbortController();

const clients = Array.from({ length: plan.connections }, (_, at) => makeClient(at % 2 === 1));

function makeClient(isSecond: boolean): LoadClient {
  const { http2Port, path } = plan;
  if (!isSecond || http2Port === undefined) return new Client(plan, { answered, failed });
  return new Http2Client({ port: http2Port, path }, { answered, failed });
}

function answered(client: LoadClient, tookMs: number): void {
  if (performance.now() - tookMs >= countedFrom) latencies.push(tookMs);
  next(client);
}

function failed(client: LoadClient): void {
  errors += 1;
  // Not at once: what refuses connections would be asked a million times.
  setTimeout(() => next(client), 10);
}

function next(client: LoadClient): void {
  const dueAt = waiting.shift();
  if (dueAt !== undefined) return client.send(dueAt);
  if (plan.rate !== undefined) idle.push(client);
  else if (!time.signal.aborted) client.send(performance.now());
}

/** Requests fall due by the clock, whatever became of those before: a slow answer delays none of the others. */
async function sendSteadily(rate: number): Promise<void> {
  let sent = 0;
  while (!time.signal.aborted) {
    const now = performance.now();
    for (const due = ((now - startedAt) / 1_000) * rate; sent < due; sent += 1) {
      const client = idle.shift();
      if (client === undefined) waiting.push(now);
      else client.send(now);
    }
    await delay(TICK_MS);
  }
}

for (const client of clients) next(client);
if (plan.rate !== undefined) void sendSteadily(plan.rate);
await delay(countedFrom - startedAt + plan.seconds * 1_000);
time.abort();
const seconds = (performance.now() - countedFrom) / 1_000;
const deadline = performance.now() + LAST_ANSWERS_MS;
while (clients.some(({ isBusy }) => isBusy) && performance.now() < deadline) await delay(5);
errors += clients.filter(({ isBusy }) => isBusy).length + waiting.length;
for (const client of clients) client.destroy();

const sorted = Float64Array.from(latencies).toSorted();
const [p50Ms, p99Ms, p999Ms] = [0.5, 0.99, 0.999].map((part) => percentileOf(sorted, part));
process.stdout.write(
  `${JSON.stringify({ requests: latencies.length, seconds, errors, p50Ms, p99Ms, p999Ms })}\n`,
);
