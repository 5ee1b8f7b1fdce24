import { type ReloadResult, reloadResultSchema } from "@wayleave/records/api";

import type { AdminSources } from "./admin-sources.ts";
import { type Endpoints, NO_QUERY } from "./endpoints.ts";
import { Refusal } from "./problem.ts";

/** `POST /api/reload`: what SIGHUP does, answered when it is done. */
export function addReloadApi(endpoints: Endpoints, { fleet }: Pick<AdminSources, "fleet">): void {
  endpoints.add(
    {
      method: "POST",
      path: "/api/reload",
      summary: "Replaces the workers one by one with the code on disk; answers when it is done.",
      query: NO_QUERY,
      answer: reloadResultSchema,
      problems: [409, 500],
    },
    async (): Promise<ReloadResult> => {
      if (fleet === undefined) {
        const detail = "there are no workers to replace: the router is one process";
        throw new Refusal({ status: 409, code: "no-workers", detail });
      }
      const since = performance.now();
      try {
        const workers = await fleet.reload();
        return { workers: [...workers], tookMs: Math.round(performance.now() - since) };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const detail = `a new worker did not come up, so it and those behind it were not replaced: ${reason}`;
        throw new Refusal({ status: 500, code: "not-reloaded", detail });
      }
    },
  );
}
