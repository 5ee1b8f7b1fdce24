// How the router is: health checks, status, what is not in force and why, what happened, and the wait for a revision.

import {
  type RejectionView,
  conflictViewSchema,
  liveEventSchema,
  rejectionViewSchema,
  replicaViewSchema,
  statusSchema,
  workerViewSchema,
} from "@wayleave/records/api";
import * as z from "zod";

import type { ControlStatus } from "../control/control-status.ts";
import type { AdminSources } from "./admin-sources.ts";
import { type Endpoints, NO_QUERY } from "./endpoints.ts";
import { Refusal } from "./problem.ts";
import { viewStatus } from "./status-view.ts";

const MOST_WAIT_MS = 60_000;
const MOST_REJECTIONS = 1_000;

const readySchema = z.object({
  ready: z.boolean(),
  why: z.string().optional(),
  state: statusSchema.shape.state,
  revision: z.int(),
  stalenessSeconds: z.number().nullable(),
});
const eventsQuery = z.strictObject({
  since: z.coerce.number().int().min(0).default(0).describe("Only those after this sequence."),
  limit: z.coerce.number().int().min(1).max(2_000).default(500),
});
const waitQuery = z.strictObject({
  revision: z.coerce.number().int().min(0),
  timeoutMs: z.coerce.number().int().min(0).max(MOST_WAIT_MS).default(30_000),
});

/** Adds `/livez`, `/readyz`, `/metrics`, and what `/api` says of the router itself. */
export function addStatusApi(endpoints: Endpoints, sources: AdminSources): void {
  addHealthChecks(endpoints, sources);
  addRouterState(endpoints, sources);
  addRecordState(endpoints, sources);
  addEvents(endpoints, sources);
  addWait(endpoints, sources);
}

/** The records whose newest value is not in force. */
export function viewRejections({ control }: Pick<AdminSources, "control">): RejectionView[] {
  const views: RejectionView[] = [];
  for (const { key, revision, reason, since, inForce } of control.records.rejections.values()) {
    views.push({ key, revision, reason, since: new Date(since).toISOString(), inForce: inForce ?? null });
    if (views.length === MOST_REJECTIONS) break;
  }
  return views;
}

function addHealthChecks(endpoints: Endpoints, sources: AdminSources): void {
  const { metrics } = sources;
  // Says that the process answers, and nothing of etcd: restarting it would not bring etcd back.
  const livez = "The process answers. Says nothing of etcd. No token is needed.";
  endpoints.tell("/livez", { summary: livez, answer: z.object({ live: z.boolean() }) }, () => ({
    live: true,
  }));
  endpoints.add(
    {
      method: "GET",
      path: "/readyz",
      summary: "Whether the router takes requests: it has a table, and is not closing. No token is needed.",
      query: NO_QUERY,
      answer: readySchema,
      alsoStatus: [503],
    },
    ({ reply }) => {
      const answer = readyz(sources);
      reply.code(answer.ready ? 200 : 503);
      return answer;
    },
  );
  const summary = "The metrics, in the text format of Prometheus.";
  endpoints.tell("/metrics", { summary, answer: "text/plain" }, (reply) => {
    reply.type(metrics.contentType);
    return metrics.text();
  });
}

function addRouterState(endpoints: Endpoints, sources: AdminSources): void {
  const { plane, fleet, replicas } = sources;
  const status = "How this router is, and the health of all that it knows.";
  endpoints.tell("/api/status", { summary: status, answer: statusSchema }, async () => {
    await plane.refresh();
    return viewStatus(sources);
  });
  const workers = "The data-plane processes of this router; none: it is one process.";
  endpoints.tell("/api/workers", { summary: workers, answer: z.array(workerViewSchema) }, async () => {
    await plane.refresh();
    return fleet?.views() ?? [];
  });
  const all = "All routers of the installation, and how far each has come.";
  endpoints.tell("/api/replicas", { summary: all, answer: z.array(replicaViewSchema) }, () =>
    replicas.look(),
  );
}

function addRecordState(endpoints: Endpoints, sources: AdminSources): void {
  const { records } = sources.control;
  const rejected = "Records whose newest value is not in force, and why; the first 1,000.";
  endpoints.tell("/api/rejected", { summary: rejected, answer: z.array(rejectionViewSchema) }, () =>
    viewRejections(sources),
  );
  const conflicts = "Addresses that more than one record claims.";
  endpoints.tell("/api/conflicts", { summary: conflicts, answer: z.array(conflictViewSchema) }, () =>
    records.conflicts(),
  );
  const held = "Keys whose removal is held back, because a list lost most of the table.";
  endpoints.tell("/api/held", { summary: held, answer: z.array(z.string()) }, () => [
    ...(records.hold?.keys ?? []),
  ]);
}

function addEvents(endpoints: Endpoints, { live }: AdminSources): void {
  endpoints.add(
    {
      method: "GET",
      path: "/api/events",
      summary: "What happened, the oldest first; this router remembers the last 2,000.",
      query: eventsQuery,
      answer: z.array(liveEventSchema),
    },
    ({ query }) => live.events.since(query.since, query.limit),
  );
}

function addWait(endpoints: Endpoints, { control }: AdminSources): void {
  endpoints.add(
    {
      method: "GET",
      path: "/api/wait",
      summary: "Answers once this router has applied a revision; for all of them: `?wait=true` of a write.",
      query: waitQuery,
      answer: z.object({ revision: z.int() }),
      problems: [504],
    },
    async ({ query }) => {
      const revision = await control.waitFor(query.revision, query.timeoutMs);
      if (revision >= query.revision) return { revision };
      const detail = `revision ${query.revision} is not applied yet; ${revision} is`;
      throw new Refusal({ status: 504, code: "not-applied", detail });
    },
  );
}

interface ReadyAnswer extends Pick<ControlStatus, "state" | "revision" | "stalenessSeconds"> {
  readonly ready: boolean;
  readonly why?: string;
}

function readyz({ readiness, control }: AdminSources): ReadyAnswer {
  const { state, revision, stalenessSeconds } = control.status;
  const why = readiness.isClosing ? "closing" : state === "waiting" ? "waiting for etcd" : "starting";
  const ready = readiness.listen !== undefined && !readiness.isClosing;
  return { ready, ...(!ready && { why }), state, revision, stalenessSeconds };
}
