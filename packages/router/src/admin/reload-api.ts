import type { ReloadResult } from "@wayleave/records/api";
import type { FastifyInstance } from "fastify";

import type { AdminSources } from "./admin-sources.ts";
import { sendProblem } from "./problem.ts";

/** `POST /api/reload`: what SIGHUP does, answered when it is done. */
export function addReloadApi(server: FastifyInstance, { fleet }: Pick<AdminSources, "fleet">): void {
  server.post("/api/reload", async (_, reply) => {
    if (fleet === undefined) {
      const detail = "there are no workers to replace: the router is one process";
      return sendProblem(reply, { status: 409, title: "Conflict", detail });
    }
    const since = performance.now();
    try {
      const workers = await fleet.reload();
      const result: ReloadResult = { workers: [...workers], tookMs: Math.round(performance.now() - since) };
      return await reply.send(result);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const detail = `a new worker did not come up, so it and those behind it were not replaced: ${reason}`;
      return sendProblem(reply, { status: 500, title: "Not reloaded", detail });
    }
  });
}
