// What others notice of clients that flood a router over HTTP/2, and what ends those.

import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { temporaryDirectory } from "@wayleave/testkit";

import type { Case, Measured, Row, Run } from "../case.ts";
import { figureOf, ratioOf } from "../figure.ts";
import { startProcess } from "../machine/start-process.ts";
import { FLOODS } from "../../packages/router/src/engine/http2/testing/floods.ts";
import { type AttackedRouter, type OthersResult, startAttackedRouter } from "./attacked-router.ts";

const PROGRAM = path.resolve(import.meta.dirname, "../programs/flood.ts");
const ATTACKERS = 16;
const OPENS_WITHIN_MS = 10_000;
/** Who does not take an answer, or does not send a body, is to be ended within a round: the default is a minute. */
const SETTINGS = { timeouts: { bodyIdleMs: 1_000 } };
/** Attackers are under way, and those whose first connection is ended come again. */
const SETTLE_MS = 500;

export const floods: Case = {
  name: "floods",
  title: "While clients flood it over HTTP/2",
  about:
    "16 connections of attackers do what is named as fast as they can; one that is ended comes again a second later. 16 others ask for another app at 1,000 requests/s, half of them over HTTP/2, half over HTTP/1.1: in turn without the attackers and with them. The router has core 0 for itself. `bodyIdleMs` is 1,000 (60,000 by default), so that a round sees the end of who takes nothing.",
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
  await using router = await startAttackedRouter(SETTINGS);
  if (!run.isQuick) await router.warmUp();
  const samples = new Map<string, Sample[]>(Object.keys(FLOODS).map((name) => [name, []]));
  for (let round = 0; round < run.rounds; round += 1) {
    for (const [name, all] of samples) {
      const sample = await measureRound(router, name, run);
      all.push(sample);
      const { quiet, flooded, told } = sample;
      run.tell(
        `${name}: p99 ${quiet.p99Ms} ms, ${flooded.p99Ms} ms; ${JSON.stringify(told.ended)}, streams ${JSON.stringify(told.streamsReset)}`,
      );
    }
  }
  return { rows: [...samples].map(([name, all]) => rowOf(name, all)), note: noteOf(samples) };
}

async function measureRound(router: AttackedRouter, name: string, run: Run): Promise<Sample> {
  const quiet = await router.others(run.seconds);
  const folder = temporaryDirectory("flood");
  const args = [PROGRAM, name, String(router.tlsPort), String(ATTACKERS)];
  await using attackers = await startProcess({ command: process.execPath, args, part: "others", folder });
  await attackers.waitFor(/^open$/m, OPENS_WITHIN_MS);
  await delay(run.isQuick ? 300 : SETTLE_MS);
  const flooded = await router.others(run.seconds);
  const last = attackers.output().trimEnd().split("\n").at(-1) ?? "";
  const told: Told = last.startsWith("{") ? JSON.parse(last) : { streamsReset: {}, ended: {} };
  return { quiet, flooded, memoryMiB: router.memoryMiB, told };
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
    return `${name} (${FLOODS[name]?.about}): ${how === "" ? "not ended" : how}`;
  });
  return `How the attackers were ended: ${lines.join("; ")}.`;
}

function sumOf(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
