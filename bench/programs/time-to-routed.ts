// `node time-to-routed.ts '{"port":..., ...}'` (a RoutedPlan): writes routes, one after the other, and asks for each until it is
// there; ends with the times (RoutedTimes) as JSON.

import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

import { keysUnder } from "@wayleave/records";
import { openStore } from "@wayleave/store";

import { ask } from "../ask.ts";

/** What to write, and whom to ask. */
export interface RoutedPlan {
  readonly endpoints: readonly string[];
  readonly prefix: string;
  /** Begins the names of the routes: others each time. */
  readonly name: string;
  readonly port: number;
  readonly instancePort: number;
  readonly count: number;
}

/** Milliseconds: from etcd's answer to the first routed request, and from the write to etcd's answer. */
export interface RoutedTimes {
  readonly routed: readonly number[];
  readonly commits: readonly number[];
}

const PAUSE_MS = 10;

const plan: RoutedPlan = JSON.parse(process.argv[2] ?? "{}");
const keys = keysUnder(plan.prefix);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const routed: number[] = [];
const commits: number[] = [];

async function firstAnswer(host: string): Promise<number> {
  for (;;) {
    const { status } = await ask({ port: plan.port, host, agent });
    if (status === 200) return performance.now();
    if (status !== 404) throw new Error(`the router answers ${status}`);
  }
}

await using store = openStore({ endpoints: plan.endpoints });
for (let at = 0; at < plan.count; at += 1) {
  const app = `routed-${plan.name}-${at}`;
  const host = `${app}.example.com`;
  const [route, instance] = [keys.route(host, "/"), keys.instance(app, "1")];
  const since = performance.now();
  const committing = store
    .commit([
      { put: route, value: JSON.stringify({ to: [{ app }] }) },
      { put: instance, value: JSON.stringify({ address: "127.0.0.1", port: plan.instancePort }) },
    ])
    .then(() => performance.now());
  const [answeredAt, committedAt] = await Promise.all([firstAnswer(host), committing]);
  commits.push(committedAt - since);
  routed.push(Math.max(0, answeredAt - committedAt));
  await store.commit([{ delete: route }, { delete: instance }]);
  await delay(PAUSE_MS);
}
agent.destroy();
process.stdout.write(`${JSON.stringify({ routed, commits } satisfies RoutedTimes)}\n`);
