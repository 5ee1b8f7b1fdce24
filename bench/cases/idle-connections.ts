// What a connection costs that is open and does nothing.

import { temporaryDirectory } from "@wayleave/testkit";
import path from "node:path";

import type { Case, Measured, Row, Run } from "../case.ts";
import { type Contender, type RunningProxy, startContender } from "../contenders/contender.ts";
import { figureOf } from "../figure.ts";
import { type Instances, startInstances } from "../instances.ts";
import { runLoad } from "../load/load.ts";
import { ASKABLE, attachCollector } from "../machine/garbage-collector.ts";
import { memoryBytes, processTree } from "../machine/processes.ts";
import { startProcess } from "../machine/start-process.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../programs/idle-clients.ts");
const CONNECTIONS = 10_000;
const QUICK_CONNECTIONS = 200;
const ROUNDS = 3;
const OPENS_WITHIN_MS = 60_000;

export const idleConnections: Case = {
  name: "idle-connections",
  title: "10,000 idle connections",
  about:
    "Each has had one request answered and is kept open. Before they are opened, the contender has answered 64 busy connections for a second, so that what any traffic takes is there already. Memory is that of all its processes (PSS), those of Node after a full garbage collection: it may leave garbage of tens of MiB lie, which new connections take the room of, so that they would seem to take none. The kernel's part of a connection is the same for all and not in it.",
  columns: { each: "bytes a connection", before: "before, MiB", after: "with 10,000, MiB" },
  budgets: [{ what: "bytes of an idle connection", row: "wayleave", column: "each", atMost: 6_144 }],
  run: measureIdle,
};

async function measureIdle(run: Run): Promise<Measured> {
  await using instances = await startInstances();
  const rows: Row[] = [];
  const refused: Record<string, string> = {};
  // A bare forwarder holds a connection to an instance for each: more files than a process may have.
  for (const contender of [...run.contenders.keys()].filter(({ isReference }) => isReference !== true)) {
    const why = await run.prove(contender, false);
    if (why === undefined) rows.push(await measureContender(run, contender, instances));
    else refused[contender.name] = why;
  }
  return { rows, refused };
}

async function measureContender(run: Run, contender: Contender, { ports }: Instances): Promise<Row> {
  const count = run.isQuick ? QUICK_CONNECTIONS : CONNECTIONS;
  const samples: { readonly before: number; readonly after: number }[] = [];
  for (let round = 0; round < Math.min(run.rounds, ROUNDS); round += 1) {
    const setup = { instances: ports, accessLog: false, folder: temporaryDirectory("idle") };
    await using proxy = await startContender(contender, setup, { NODE_OPTIONS: ASKABLE });
    samples.push(await memoryWith(proxy, count, run.isQuick ? 0.2 : 1));
  }
  const figures = {
    each: figureOf(samples.map(({ before, after }) => Math.max(0, after - before) / count)),
    before: figureOf(samples.map(({ before }) => before / 2 ** 20)),
    after: figureOf(samples.map(({ after }) => after / 2 ** 20)),
  };
  run.tell(`${contender.name}: ${figures.each.median} bytes a connection`);
  return { name: contender.name, figures };
}

async function memoryWith(
  proxy: RunningProxy,
  count: number,
  seconds: number,
): Promise<{ before: number; after: number }> {
  const { port, pid } = proxy;
  await runLoad({ port, path: "/", connections: 64, seconds, bodyBytes: 0, isNewEachTime: false });
  const tree = processTree(pid);
  using garbage = await attachCollector(tree, () => proxy.output());
  const memory = async (): Promise<number> => {
    await garbage.collect();
    return memoryBytes(tree);
  };
  const before = await memory();
  const folder = temporaryDirectory("clients");
  const args = [PROGRAM, String(port), String(count)];
  await using clients = await startProcess({ command: process.execPath, args, part: "others", folder });
  await clients.waitFor(/^open$/m, OPENS_WITHIN_MS);
  return { before, after: await memory() };
}
