// Requests for a while, and what became of them. wrk where it is installed, since it costs the least; a generator of
// ours where it is not, or where wrk cannot do it: a steady rate, or less than a second.

import { isWrkInstalled, runWrk } from "./wrk.ts";
import { runOwnLoad } from "./own-load.ts";

/** What to send. */
export interface LoadPlan {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
  /** Sent with POST; 0: GET without a body. */
  readonly bodyBytes: number;
  /** Each request on a connection of its own, with `Connection: close`. */
  readonly isNewEachTime: boolean;
  /** Requests a second, steady, however long the answers take; undefined: each connection asks again at once. */
  readonly rate?: number;
  /** Before the time begins: connections are made and used already. Takes a rate. */
  readonly warmUpSeconds?: number;
  /** Every second connection speaks HTTP/2 over TLS, to this port; takes a rate. */
  readonly http2Port?: number;
}

/** What came back. Milliseconds from sending to the end of the answer. */
export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Requests without a whole answer of status 200. */
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/** The generator that a plan gets. */
export function generatorOf(plan: Pick<LoadPlan, "rate" | "seconds">): "wrk" | "own" {
  return isWrkInstalled && plan.rate === undefined && plan.seconds >= 1 ? "wrk" : "own";
}

/** Runs a load to its end. */
export function runLoad(plan: LoadPlan): Promise<LoadResult> {
  return generatorOf(plan) === "wrk" ? runWrk(plan) : runOwnLoad(plan);
}
