// The routers: whether there are any, how far they have come, and whether they answer.

import type { ReplicaBarrier } from "@wayleave/registrar";

import { formatDuration } from "../arguments/duration.ts";
import type { ReadReplicas } from "../reading/read-replicas.ts";
import { isObject } from "../writing/record-json.ts";
import { type Check, type Finding, fail, named, ok, warn } from "./check.ts";
import { examineClock } from "./examine-clock.ts";

const PROBE_MS = 1_000;

/** What is judged. */
export interface RouterFacts {
  readonly prefix: string;
  readonly replicas: ReadReplicas["replicas"];
  /** The wait for the newest record, and how long it was. */
  readonly barrier: ReplicaBarrier;
  readonly waitedMs: number;
  readonly probes: ReadonlyMap<string, RouterProbe>;
}

/** How a router's admin listener answered. */
export type RouterProbe =
  | { readonly isReady: boolean; readonly why: string; readonly clockAheadMs: number | undefined }
  | { readonly error: string };

/** Asks every router's admin listener whether it is ready, all at once. Never throws. */
export async function probeRouters(replicas: ReadReplicas["replicas"]): Promise<Map<string, RouterProbe>> {
  return new Map(await Promise.all(replicas.map(async ({ id, admin }) => [id, await probe(admin)] as const)));
}

/** Judges the routers. Pure. */
export function examineRouters({ prefix, replicas, barrier, waitedMs, probes }: RouterFacts): Check[] {
  const versions = [...new Set(replicas.map(({ version }) => version))];
  const behind = new Map(barrier.behind.map(({ id, revision }) => [id, revision]));
  if (replicas.length === 0) {
    const finding = warn(`none is running under ${prefix}`, "wayleave router; is --prefix the same for all?");
    return [named("routers", "", finding)];
  }
  return [
    named("routers", "", examineVersionsOfRouters(replicas.length, versions)),
    ...replicas.flatMap(({ id, admin }) => {
      const answer = probes.get(id) ?? { error: "not asked" };
      return [
        named("router-revision", id, examineLag(behind.get(id), behind.has(id), waitedMs)),
        named("router-admin", id, examineProbe(admin, answer)),
        ...("error" in answer ? [] : [named("clock", id, examineClock(answer.clockAheadMs))]),
      ];
    }),
  ];
}

function examineVersionsOfRouters(number: number, versions: readonly string[]): Finding {
  const says = `${number} running, of version ${versions.join(" and ")}`;
  return versions.length === 1 ? ok(says) : warn(says, "finish the upgrade: one router at a time");
}

function examineLag(revision: number | undefined, isBehind: boolean, waitedMs: number): Finding {
  if (!isBehind) return ok("routes by the newest record");
  return fail(
    `after ${formatDuration(waitedMs)} still at ${revision ?? "a revision that cannot be read"}`,
    "see its log, and whether it reaches etcd: it serves its last table meanwhile",
  );
}

function examineProbe(admin: string, answer: RouterProbe): Finding {
  if ("error" in answer) {
    return warn(
      `its admin listener at ${admin} does not answer from here: ${answer.error}`,
      "on loopback only its own machine reaches it: look there, or give it --admin ADDRESS:PORT and a token",
    );
  }
  if (answer.isReady) return ok(`ready; its admin listener is at ${admin}`);
  return fail(`is not ready: ${answer.why}`, "see its log");
}

async function probe(admin: string): Promise<RouterProbe> {
  const sentAt = Date.now();
  try {
    const response = await fetch(`http://${admin}/readyz`, { signal: AbortSignal.timeout(PROBE_MS) });
    const body: unknown = await response.json();
    const date = Date.parse(response.headers.get("date") ?? "");
    const clockAheadMs = Number.isNaN(date) ? undefined : date + 500 - (sentAt + Date.now()) / 2;
    const why = isObject(body) && typeof body["why"] === "string" ? body["why"] : "it does not say why";
    return { isReady: response.ok, why, clockAheadMs };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { error: cause instanceof Error ? cause.message : String(cause) };
  }
}
