// What others notice of clients that flood a router over HTTP/2, and what ends those.

import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { Case, Measured, Row, Run } from "../case.ts";
import { figureOf, ratioOf } from "../figure.ts";
import { FLOODS } from "../../packages/router/src/engine/http2/testing/floods.ts";
import { attackedNginx, attackedWayleave } from "./attacked-plans.ts";
import { type AttackedProxy, type OthersResult, startAttacked, startAttacker } from "./attacked-proxy.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../programs/flood.ts");
const ATTACKERS = 16;
const OPENS_WITHIN_MS = 10_000;
/** Who does not take an answer, or does not send a body, is to be ended within a round: the default is a minute. */
const IDLE_SECONDS = 1;
const SETTINGS = { timeouts: { bodyIdleMs: IDLE_SECONDS * 1_000 } };
/** Attackers are under way, and those whose first connection is ended come again. */
const SETTLE_MS = 500;

export const floods: Case = {
  name: "floods",
  title: "While clients flood it over HTTP/2",
  about:
    "16 connections of attackers do what is named as fast as they can; one that is ended comes again half a second to one and a half later. 16 others ask for another app at 1,000 requests/s, half of them over HTTP/2, half over HTTP/1.1: in turn without the attackers and with them. The router has core 0 for itself, and then nginx has, if it is installed. Who takes or sends nothing has a second (60 by default, in both), so that a round sees his end.",
  columns: {
    errors: "failed requests of others",
    quiet: "p99 without, ms",
    flooded: "p99 with, ms",
    ratio: "ratio of p99",
    quietAlone: "p99 of an instance alone, without",
    floodedAlone: "p99 of an instance alone, with",
    quietMiddle: "p50 without, ms",
    floodedMiddle: "p50 with, ms",
    ended: "connections of attackers ended a round",
    quietCores: "core busy without",
    floodedCores: "core busy with",
    memory: "memory with, MiB",
  },
  budgets: Object.keys(FLOODS).map((row) => ({
    what: `p99 of others against without, ${row}`,
    row,
    column: "ratio",
    atMost: 1.5,
  })),
  run: measureFloods,
};

/** One round of one kind. */
interface Sample {
  readonly quiet: OthersResult;
  readonly flooded: OthersResult;
  readonly memoryMiB: number;
  readonly told: Told;
}

/** What the attackers saw: see bench/programs/flood.ts. */
interface Told {
  readonly streamsReset: Record<string, number>;
  readonly ended: Record<string, number>;
}

async function measureFloods(run: Run): Promise<Measured> {
  await using ours = await startAttacked(attackedWayleave(SETTINGS));
  const isBeside = [...run.contenders.keys()].some(({ name }) => name === "nginx");
  const theirs = isBeside ? attackedNginx(IDLE_SECONDS) : undefined;
  await using nginx = theirs && (await startAttacked(theirs));
  const samples = new Map<string, Sample[]>();
  for (const proxy of run.isQuick ? [] : [ours, nginx]) await proxy?.warmUp();
  for (let round = 0; round < run.rounds; round += 1) {
    for (const kind of Object.keys(FLOODS)) {
      await measureInto(samples, kind, { proxy: ours, kind, run });
      if (nginx !== undefined) await measureInto(samples, `nginx, ${kind}`, { proxy: nginx, kind, run });
    }
  }
  return { rows: [...samples].map(([name, all]) => rowOf(name, all)), note: noteOf(samples) };
}

interface Attack {
  readonly proxy: AttackedProxy;
  readonly kind: string;
  readonly run: Run;
}

async function measureInto(samples: Map<string, Sample[]>, name: string, attack: Attack): Promise<void> {
  const sample = await measureRound(attack);
  samples.set(name, [...(samples.get(name) ?? []), sample]);
  const { quiet, flooded, told } = sample;
  const p99 = `p99 ${quiet.p99Ms} ms, ${flooded.p99Ms} ms`;
  attack.run.tell(
    `${name}: ${p99}; ${JSON.stringify(told.ended)}, streams ${JSON.stringify(told.streamsReset)}`,
  );
}

async function measureRound({ proxy, kind, run }: Attack): Promise<Sample> {
  const quiet = await proxy.others(run.seconds);
  await using attackers = await startAttacker(PROGRAM, [kind, proxy.tlsPort, ATTACKERS]);
  await attackers.waitFor(/^open$/m, OPENS_WITHIN_MS);
  await delay(run.isQuick ? 300 : SETTLE_MS);
  const flooded = await proxy.others(run.seconds);
  const last = attackers.output().trimEnd().split("\n").at(-1) ?? "";
  const told: Told = last.startsWith("{") ? JSON.parse(last) : { streamsReset: {}, ended: {} };
  return { quiet, flooded, memoryMiB: proxy.memoryMiB, told };
}

function rowOf(name: string, samples: readonly Sample[]): Row {
  const of = (read: (sample: Sample) => number): number[] => samples.map(read);
  const quiet = of((sample) => sample.quiet.p99Ms);
  const flooded = of((sample) => sample.flooded.p99Ms);
  const figures = {
    errors: figureOf([samples.reduce((sum, each) => sum + each.quiet.errors + each.flooded.errors, 0)]),
    quiet: figureOf(quiet),
    flooded: figureOf(flooded),
    ratio: ratioOf(flooded, quiet),
    quietAlone: figureOf(of((sample) => sample.quiet.alone.p99Ms)),
    floodedAlone: figureOf(of((sample) => sample.flooded.alone.p99Ms)),
    quietMiddle: figureOf(of((sample) => sample.quiet.p50Ms)),
    floodedMiddle: figureOf(of((sample) => sample.flooded.p50Ms)),
    ended: figureOf(of(({ told }) => sumOf(told.ended))),
    quietCores: figureOf(of((sample) => sample.quiet.coresBusy)),
    floodedCores: figureOf(of((sample) => sample.flooded.coresBusy)),
    memory: figureOf(of((sample) => sample.memoryMiB)),
  };
  return { name, figures };
}

function noteOf(samples: ReadonlyMap<string, readonly Sample[]>): string {
  const lines = [...samples].map(([name, all]) => {
    const ended = new Set(all.flatMap(({ told }) => Object.keys(told.ended)));
    const streams = new Set(all.flatMap(({ told }) => Object.keys(told.streamsReset)));
    const how = [...ended, ...[...streams].map((code) => `streams with ${code}`)].join(", ");
    const about = FLOODS[name]?.about;
    return `${name}${about === undefined ? "" : ` (${about})`}: ${how === "" ? "not ended" : how}`;
  });
  return `How the attackers were ended: ${lines.join("; ")}.`;
}

function sumOf(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
