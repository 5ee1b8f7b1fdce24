import type { WorkerProcess } from "./worker-process.ts";

/** A worker, for people. */
export interface WorkerView {
  readonly pid: number;
  readonly place: number;
  readonly since: string;
  readonly connections: number;
  readonly activeExchanges: number;
  /** User and system CPU time, and resident memory, at its last report. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly revision: number;
  readonly state: "starting" | "serving" | "retired";
}

export function viewWorker(worker: WorkerProcess): WorkerView {
  const { pid, place, connections, active, cpuSeconds, residentBytes, revision } = worker;
  return {
    pid,
    place,
    since: worker.since.toISOString(),
    connections,
    activeExchanges: active,
    cpuSeconds,
    residentBytes,
    revision,
    state: worker.isRetired ? "retired" : worker.isListening ? "serving" : "starting",
  };
}
