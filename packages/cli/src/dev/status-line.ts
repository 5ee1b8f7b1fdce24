import { count } from "../output/count.ts";
import { paint } from "../output/paint.ts";

/** What the status line tells. */
export interface DevStatus {
  readonly requestsPerSecond: number;
  /** Since the start. */
  readonly requests: number;
  readonly isEtcdOn: boolean;
  readonly instances: readonly DevInstance[];
}

/** One instance as a person sees it. */
export interface DevInstance {
  readonly id: string;
  readonly state: "starting" | "ready" | "draining" | "killed";
  /** Of a killed one: how long its record still stands, at most. */
  readonly leaseLeftSeconds?: number;
}

/** The status line, cut to `width` columns. */
export function statusLine(
  { requestsPerSecond, requests, isEtcdOn, instances }: DevStatus,
  width: number,
): string {
  const parts = [
    `${requestsPerSecond} req/s, ${count(requests, "request")}`,
    isEtcdOn ? "etcd on" : "etcd OFF, routing by the last table",
    ...instances.map(({ id, state, leaseLeftSeconds }) =>
      leaseLeftSeconds === undefined
        ? `${id} ${state}`
        : `${id} ${state}, lease ends in ${leaseLeftSeconds}s`,
    ),
  ];
  const text = parts.join(" | ");
  return paint("dim", text.length < width ? text : `${text.slice(0, width - 2)}…`);
}
