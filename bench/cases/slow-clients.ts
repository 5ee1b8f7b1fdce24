// What others notice of clients that are slow on purpose, and what ends those.

import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { freePort } from "@wayleave/testkit";

import type { Case, Measured, Row, Run } from "../case.ts";
import { figureOf, ratioOf } from "../figure.ts";
import type { RunningProcess } from "../machine/start-process.ts";
import { attackedWayleave } from "./attacked-plans.ts";
import { type AttackedProxy, type OthersResult, startAttacked, startAttacker } from "./attacked-proxy.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../programs/slow-crowd.ts");
const SINK = path.resolve(import.meta.dirname, "../programs/sink.ts");
const KINDS = ["heads", "bodies", "deaf"] as const;
const CROWD = { heads: 5_000, bodies: 5_000, deaf: 2_000 };
const QUICK_CROWD = { heads: 50, bodies: 50, deaf: 20 };
/** So that a round takes half a minute, and all are there for some seconds. */
const SETTINGS = {
  listener: { headMs: 15_000 },
  timeouts: { bodyIdleMs: 15_000, exchangeMs: 18_000 },
  limits: { connectionsPerInstance: 20_000 },
};
const OPENS_WITHIN_MS = 20_000;
const ENDS_WITHIN_MS = 30_000;
/** The answers that nobody reads fill the kernel's buffers first: a load, but no slow client's. */
const SETTLE_MS = 1_000;
/** The ends of all of them lie within, however long the first part took. */
const ENDING_SECONDS = 12;

export const slowClients: Case = {
  name: "slow-clients",
  title: "While 12,000 clients are slow",
  about:
    "5,000 connections send a head and 5,000 a body, a byte every three seconds; 2,000 ask for half a megabyte and never read it. 16 others ask for another app at 1,000 requests/s, half of them over HTTP/2: in turn without the crowd, with the same crowd before another process that takes all and says nothing (what the machine itself has of it: clients, kernel and router share it), with all of it before the router, and while the limits end it. The router has core 0 for itself, and has answered 32,000 requests and one such crowd before. A head has 15 s (`headMs`; 10 by default), a body 18 (`exchangeMs`; none by default), and who takes nothing 15 (`bodyIdleMs`; 60 by default): so that all are there for some seconds, and a round sees their end.",
  columns: {
    errors: "failed requests of others",
    quiet: "p99 without, ms",
    elsewhere: "p99, crowd elsewhere, ms",
    crowded: "p99 with, ms",
    elsewhereRatio: "ratio of p99, crowd elsewhere",
    ratio: "ratio of p99",
    ownRatio: "ratio of p99 to crowd elsewhere",
    ending: "p99 while they end, ms",
    endingRatio: "ratio of p99 while they end",
    quietAlone: "p99 of an instance alone, without",
    crowdedAlone: "p99 of an instance alone, with",
    quietMiddle: "p50 without, ms",
    crowdedMiddle: "p50 with, ms",
    open: "connections of the crowd",
    left: "not ended in time",
    quietCores: "core busy without",
    crowdedCores: "core busy with",
    memory: "memory with, MiB",
    kernel: "kernel's memory of TCP, MiB",
  },
  budgets: [
    {
      what: "p99 of others against without, 12,000 slow clients",
      row: "wayleave",
      column: "ratio",
      atMost: 1.5,
    },
    {
      what: "p99 of others with 12,000 slow clients against the same clients elsewhere",
      row: "wayleave",
      column: "ownRatio",
      atMost: 1.5,
    },
    {
      what: "p99 of others against without, while 12,000 slow clients are ended",
      row: "wayleave",
      column: "endingRatio",
      atMost: 1.5,
    },
    { what: "slow clients that no limit ended", row: "wayleave", column: "left", atMost: 0 },
  ],
  run: measureSlowClients,
};

interface Sample {
  readonly quiet: OthersResult;
  readonly elsewhere: OthersResult;
  readonly crowded: OthersResult;
  readonly ending: OthersResult;
  readonly open: number;
  readonly memoryMiB: number;
  readonly kernelMiB: number;
  readonly told: Told;
}

/** What the crowd saw: see bench/programs/slow-crowd.ts. */
interface Told {
  readonly ended: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly left: number;
}

async function measureSlowClients(run: Run): Promise<Measured> {
  await using router = await startAttacked(attackedWayleave(SETTINGS));
  const sinkPort = await freePort();
  await using sink = await startAttacker(SINK, [sinkPort]);
  await sink.waitFor(/^ready$/m, OPENS_WITHIN_MS);
  const measure = (): Promise<Sample> => measureRound(router, sinkPort, run);
  if (!run.isQuick) {
    await router.warmUp();
    await measure();
  }
  const samples: Sample[] = [];
  for (let round = 0; round < run.rounds; round += 1) {
    const sample = await measure();
    samples.push(sample);
    const { quiet, elsewhere, crowded, ending, told } = sample;
    const p99s = [quiet, elsewhere, crowded, ending].map(({ p99Ms }) => p99Ms);
    run.tell(`p99 ${p99s.join(", ")} ms; ${JSON.stringify(told)}`);
  }
  return { rows: [{ name: "wayleave", figures: figuresOf(samples) }], note: noteOf(samples) };
}

function figuresOf(samples: readonly Sample[]): Row["figures"] {
  const of = (read: (sample: Sample) => number): number[] => samples.map(read);
  const quiet = of((sample) => sample.quiet.p99Ms);
  const elsewhere = of((sample) => sample.elsewhere.p99Ms);
  const crowded = of((sample) => sample.crowded.p99Ms);
  const ending = of((sample) => sample.ending.p99Ms);
  const errors = samples.flatMap((sample) =>
    [sample.quiet, sample.elsewhere, sample.crowded, sample.ending].map((result) => result.errors),
  );
  return {
    errors: figureOf([errors.reduce((sum, each) => sum + each, 0)]),
    quiet: figureOf(quiet),
    elsewhere: figureOf(elsewhere),
    crowded: figureOf(crowded),
    elsewhereRatio: ratioOf(elsewhere, quiet),
    ratio: ratioOf(crowded, quiet),
    ownRatio: ratioOf(crowded, elsewhere),
    ending: figureOf(ending),
    endingRatio: ratioOf(ending, quiet),
    quietAlone: figureOf(of((sample) => sample.quiet.alone.p99Ms)),
    crowdedAlone: figureOf(of((sample) => sample.crowded.alone.p99Ms)),
    quietMiddle: figureOf(of((sample) => sample.quiet.p50Ms)),
    crowdedMiddle: figureOf(of((sample) => sample.crowded.p50Ms)),
    open: figureOf(of(({ open }) => open)),
    left: figureOf(of(({ told }) => told.left)),
    quietCores: figureOf(of((sample) => sample.quiet.coresBusy)),
    crowdedCores: figureOf(of((sample) => sample.crowded.coresBusy)),
    memory: figureOf(of(({ memoryMiB }) => memoryMiB)),
    kernel: figureOf(of(({ kernelMiB }) => kernelMiB)),
  };
}

async function measureRound(router: AttackedProxy, sinkPort: number, run: Run): Promise<Sample> {
  const quiet = await router.others(run.seconds);
  const elsewhere = await measureElsewhere(router, sinkPort, run);
  await using crowd = await startCrowd(router.port, run);
  const crowded = await router.others(run.seconds);
  const { memoryMiB } = router;
  const kernelMiB = kernelTcpMiB();
  const ending = await router.others(ENDING_SECONDS);
  // A last look at who is not ended by then.
  await crowd.waitFor(/"left":0\}$/m, ENDS_WITHIN_MS).catch(() => undefined);
  const open = Number(/"open":(\d+)/.exec(crowd.output())?.[1]);
  return { quiet, elsewhere, crowded, ending, open, memoryMiB, kernelMiB, told: lastTold(crowd) };
}

async function measureElsewhere(router: AttackedProxy, sinkPort: number, run: Run): Promise<OthersResult> {
  await using started = new AsyncDisposableStack();
  started.use(await startCrowd(sinkPort, run));
  return await router.others(run.seconds);
}

/** Resolves when all are there, and the kernel's buffers are full of what they do not take. */
async function startCrowd(port: number, run: Run): Promise<RunningProcess> {
  const counts = run.isQuick ? QUICK_CROWD : CROWD;
  const crowd = await startAttacker(PROGRAM, [port, ...KINDS.map((kind) => counts[kind])]);
  await crowd.waitFor(/^\{"open"/m, OPENS_WITHIN_MS);
  await delay(SETTLE_MS);
  return crowd;
}

function lastTold(crowd: RunningProcess): Told {
  return JSON.parse(crowd.output().trimEnd().split("\n").at(-1) ?? "");
}

/** Pages that all sockets of the machine take: clients, router and apps share one kernel here. */
function kernelTcpMiB(): number {
  const pages = /^TCP:.* mem (\d+)/m.exec(readFileSync("/proc/net/sockstat", "latin1"))?.[1];
  return (Number(pages ?? 0) * 4_096) / 2 ** 20;
}

/** How each kind ended, in all rounds: the status that it was answered with. */
function noteOf(samples: readonly Sample[]): string {
  const kinds = KINDS.map((kind) => {
    const statuses = new Set(samples.flatMap(({ told }) => Object.keys(told.ended[kind] ?? {})));
    const counts = [...statuses].map((status) => {
      const count = samples.reduce((sum, { told }) => sum + (told.ended[kind]?.[status] ?? 0), 0);
      return `${count} with ${status}`;
    });
    return `${kind}: ${counts.join(", ")}`;
  });
  return `How they ended, in ${samples.length} rounds: ${kinds.join("; ")}.`;
}
