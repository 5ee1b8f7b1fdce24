// How a router is, and its fellows. Times are ISO 8601, or epoch milliseconds where they are called `...At`.

import * as z from "zod";

import { replicaSchema } from "../replica.ts";
import { healthSchema } from "./health.ts";

const count = z.int().min(0);
const isoTime = z.iso.datetime();

/** A worker of this router: one data-plane process. */
export const workerViewSchema = z.object({
  pid: z.int(),
  place: count,
  since: isoTime,
  connections: count,
  activeExchanges: count,
  revision: count,
  state: z.enum(["starting", "serving", "retired"]),
  cpuSeconds: z.number().min(0).optional().describe("CPU time so far, user and system."),
  residentBytes: count.optional().describe("Memory that it has."),
});

/** The answer of `/api/status`, and the stream's word on the router itself. */
export const statusSchema = z.object({
  id: z.string(),
  version: z.string(),
  engine: z.string(),
  zone: z.string().nullable(),
  since: isoTime,
  prefix: z.string(),
  endpoints: z.array(z.string()),
  listen: z
    .object({ host: z.string(), port: z.int() })
    .nullable()
    .describe("Null: it takes no requests yet."),
  listenTls: z
    .object({ host: z.string(), port: z.int() })
    .nullable()
    .optional()
    .describe("Null: it takes none over TLS."),
  isClosing: z.boolean(),
  state: z
    .enum(["waiting", "from-disk", "live", "reconnecting", "refused"])
    .describe("All but `live`: it serves the last known table, if it has one."),
  revision: count.describe("What its table has applied."),
  stalenessSeconds: z
    .number()
    .nullable()
    .describe("Since the link was last proved live; null: it never was."),
  endpoint: z.string().nullable(),
  reason: z.string().nullable().describe("Why the link is not live: a fixed word."),
  error: z.string().nullable(),
  rejected: count,
  addressConflicts: count,
  suspects: count,
  hold: z.object({ removals: count, since: isoTime, until: isoTime }).nullable(),
  audit: z.object({ at: isoTime, differences: count }).nullable(),
  stateFile: z.object({ savedAt: isoTime.nullable(), failure: z.string().nullable() }).nullable(),
  replicaFailure: z.string().nullable(),
  routes: count,
  apps: count.describe("That have an instance, or that a route leads to."),
  instances: count,
  certificates: count.optional(),
  connections: count,
  exchanges: z.object({ total: count, active: count }),
  workers: z.array(workerViewSchema),
  health: healthSchema,
  writable: z
    .object({ isWritable: z.boolean(), why: z.string().nullable() })
    .describe("Whether this listener takes writes, and why not."),
});

/** A replica. Its key is `id`. */
export const replicaViewSchema = z.object({
  id: z.string(),
  ...replicaSchema.shape,
  isThis: z.boolean().describe("The one that answers."),
  lag: count.describe("Revisions of the table that it is behind the replica that is furthest."),
  isBehind: z.boolean().describe("It has lagged for longer than replicas take to say how far they are."),
});

/** A record whose newest value is not in force. Its key is `key`. */
export const rejectionViewSchema = z.object({
  key: z.string(),
  revision: count.describe("Of the bad value."),
  reason: z.string(),
  since: isoTime,
  inForce: count.nullable().describe("The revision of the value in force instead; null: none is."),
});

/** Live records that claim one address. */
export const conflictViewSchema = z.object({
  authority: z.string().describe("`address:port`"),
  owner: z.string().describe("The key that has it."),
  others: z.array(z.string()).describe("The keys that do not."),
});

export type WorkerView = z.infer<typeof workerViewSchema>;
export type Status = z.infer<typeof statusSchema>;
export type ReplicaView = z.infer<typeof replicaViewSchema>;
export type RejectionView = z.infer<typeof rejectionViewSchema>;
export type ConflictView = z.infer<typeof conflictViewSchema>;
