import type { ExplainableRequest, ExplainedRequest } from "@wayleave/router";

import { type AdminListener, askAdmin } from "../admin/admin-listener.ts";
import { CommandError } from "../exit-codes.ts";
import { isObject } from "../writing/record-json.ts";

/** Asks a running router to explain a request. Throws a CommandError: unreachable, invalid, or failed. */
export async function askRouter(
  admin: AdminListener,
  { url, method, client, headers = [] }: ExplainableRequest,
): Promise<ExplainedRequest> {
  const header = headers.map(([name, value]) => `${name}: ${value}`);
  const body = await askAdmin(admin, { path: "/api/explain", query: { url, method, client, header } });
  if (isExplained(body)) return body;
  throw new CommandError("failed", `the answer of ${admin.url} is no explanation`);
}

function isExplained(body: unknown): body is ExplainedRequest {
  if (!isObject(body)) return false;
  const { explanation } = body;
  return (
    isObject(explanation) &&
    ["hosts", "paths", "destinations"].every((name) => Array.isArray(explanation[name]))
  );
}
