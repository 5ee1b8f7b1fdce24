// What the main process and its workers say to each other. Plain data, by Node's advanced serialization.

import type { DataPlaneSettings, Ejection } from "../data-plane.ts";
import type { CountsDelta } from "../observe/counts-delta.ts";
import type { TapBatch, TapRequest } from "../observe/tap.ts";
import type { TraceSettings } from "../observe/traces/trace-settings.ts";

/**
 * Counts up when a message changes its meaning: a reload may start workers of another version than the main process
 * is of, and one that it cannot talk to must not take a place.
 */
export const PROTOCOL = 5;

/** What a worker has come to know of an instance; see InstanceEntry. */
export interface InstanceState {
  readonly app: string;
  readonly id: string;
  readonly active: number;
  /** That began since the last time. */
  readonly exchanges: number;
  readonly failures: number;
  readonly ejections: number;
  readonly ejectedUntil: number;
  readonly tlsFailure?: string | undefined;
}

/** All that a worker has to know before it has a table. */
export interface WorkerSettings extends Omit<
  DataPlaneSettings,
  "writeAccessLog" | "logger" | "news" | "tracing"
> {
  readonly traces?: TraceSettings;
  readonly protocol: number;
  readonly place: number;
  readonly logLevel: string;
  /** How long exchanges may go on when the worker ends by itself; milliseconds. */
  readonly drainTimeoutMs: number;
  /** How long it goes on serving when the main process is gone; milliseconds. */
  readonly orphanTimeoutMs: number;
}

/** From the main process. `listen` and `listen-tls` come with the socket. */
export type ToWorker =
  | { readonly kind: "start"; readonly settings: WorkerSettings }
  /** Records of the next change, ahead of it: it is too large for one turn. JSON. */
  | { readonly kind: "part"; readonly records: string }
  /** Changes in order, as JSON; with them all up to `sequence` have come, when it is not 0. */
  | { readonly kind: "changes"; readonly sequence: number; readonly changes: string }
  | { readonly kind: "listen" }
  /** The same for TLS; goes before `listen`, and is not answered. */
  | { readonly kind: "listen-tls" }
  /** Asks for the counts now. */
  | { readonly kind: "report"; readonly ask: number }
  /** What is wanted of single requests from now on. */
  | { readonly kind: "tap"; readonly requests: readonly TapRequest[] }
  /** Asks what it knows of instances now. */
  | { readonly kind: "tell-instances"; readonly ask: number }
  /** Take no new connection, and end when the last one is over; after `limitMs` even so. */
  | { readonly kind: "retire"; readonly limitMs: number }
  /** Finish what runs, and end. */
  | { readonly kind: "drain" };

/** From a worker. */
export type FromWorker =
  /** Every change up to this one is in its table. */
  | { readonly kind: "applied"; readonly sequence: number; readonly revision: number }
  | { readonly kind: "listening" }
  /** At least once a second, so that its silence is heard too. */
  | {
      readonly kind: "report";
      readonly ask: number | undefined;
      readonly counts: CountsDelta | undefined;
      readonly connections: number;
      readonly instanceSessions: number;
      readonly active: number;
      readonly cpuSeconds: number;
      readonly residentBytes: number;
    }
  | { readonly kind: "instances"; readonly ask: number; readonly rows: readonly InstanceState[] }
  | { readonly kind: "suspect-refused"; readonly app: string; readonly id: string }
  | { readonly kind: "ejection-changed"; readonly ejection: Ejection }
  | { readonly kind: "tapped"; readonly batch: TapBatch };
