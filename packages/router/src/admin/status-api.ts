// How the router is: health checks, status, what is not in force and why, and the wait for a revision.

import type { FastifyInstance } from "fastify";

import type { ControlStatus } from "../control/control-status.ts";
import type { AdminSources } from "./admin-sources.ts";
import { sendProblem } from "./problem.ts";

const MOST_WAIT_MS = 60_000;

interface WaitQuery {
  readonly revision: number;
  readonly timeoutMs: number;
}

/** Adds `/livez`, `/readyz`, `/metrics` and the rest of `/api`. */
export function addStatusApi(server: FastifyInstance, sources: AdminSources): void {
  const { control, metrics, plane, fleet } = sources;
  // Says that the process answers, and nothing of etcd: restarting it would not bring etcd back.
  server.get("/livez", (_, reply) => reply.send({ live: true }));
  server.get("/readyz", (_, reply) => {
    const answer = readyz(sources);
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  server.get("/metrics", async (_, reply) => {
    const text = await metrics.text();
    return reply.type(metrics.contentType).send(text);
  });
  server.get("/api/status", async (_, reply) => {
    await plane.refresh();
    return reply.send(status(sources));
  });
  server.get("/api/workers", async (_, reply) => {
    await plane.refresh();
    return reply.send(fleet?.views() ?? []);
  });
  server.get("/api/rejected", (_, reply) =>
    reply.send(
      [...control.records.rejections.values()].map(({ since, inForce, ...rejection }) => ({
        ...rejection,
        since: isoTime(since),
        inForce: inForce ?? null,
      })),
    ),
  );
  server.get("/api/conflicts", (_, reply) => reply.send(control.records.conflicts()));
  server.get("/api/held", (_, reply) => reply.send([...(control.records.hold?.keys ?? [])]));

  const properties = {
    revision: { type: "integer", minimum: 0 },
    timeoutMs: { type: "integer", minimum: 0, maximum: MOST_WAIT_MS, default: 30_000 },
  };
  const schema = { querystring: { type: "object", properties, required: ["revision"] } };
  server.get<{ Querystring: WaitQuery }>("/api/wait", { schema }, async ({ query }, reply) => {
    const revision = await control.waitFor(query.revision, query.timeoutMs);
    if (revision >= query.revision) return reply.send({ revision });
    const detail = `revision ${query.revision} is not applied yet; ${revision} is`;
    return sendProblem(reply, { status: 504, title: "Gateway Timeout", detail });
  });
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

function status(sources: AdminSources): object {
  const { id, version, engine, zone, since, keys, store, readiness, table, exchangeCounts } = sources;
  return {
    id,
    version,
    engine,
    zone,
    since: since.toISOString(),
    prefix: keys.prefix,
    endpoints: store.endpoints,
    listen: readiness.listen ?? null,
    listenTls: readiness.listenTls ?? null,
    isClosing: readiness.isClosing,
    ...viewControl(sources.control.status),
    routes: table.routeCount,
    apps: table.appCount,
    instances: table.instanceCount,
    connections: sources.connections(),
    exchanges: { total: exchangeCounts.total, active: exchangeCounts.active },
    workers: sources.fleet?.views() ?? [],
  };
}

// For people: no epoch milliseconds.
function viewControl({ hold, audit, stateFile, ...rest }: ControlStatus): object {
  return {
    ...rest,
    hold: hold && { ...hold, since: isoTime(hold.since), until: isoTime(hold.until) },
    audit: audit && { ...audit, at: isoTime(audit.at) },
    stateFile: stateFile && { ...stateFile, savedAt: stateFile.savedAt && isoTime(stateFile.savedAt) },
  };
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
