import type { ExplainableRequest, ExplainedRequest } from "@wayleave/router";

import { CommandError } from "../exit-codes.ts";
import { printable } from "../output/paint.ts";
import { isObject } from "../writing/record-json.ts";

const TIMEOUT_MS = 5_000;

/** A running router's admin listener. */
export interface AdminListener {
  /** `http://127.0.0.1:9080` */
  readonly url: string;
  readonly token: string | undefined;
}

/** Asks a running router to explain a request. Throws a CommandError: unreachable, invalid, or failed. */
export async function askRouter(
  admin: AdminListener,
  request: ExplainableRequest,
): Promise<ExplainedRequest> {
  const response = await get(explainUrl(admin.url, request), admin);
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && isExplained(body)) return body;
  const detail = isObject(body) && typeof body["detail"] === "string" ? printable(body["detail"]) : "";
  const reason =
    detail === "" ? `the answer of ${admin.url} is no explanation (status ${response.status})` : detail;
  throw new CommandError(response.status === 400 ? "invalid" : "failed", reason);
}

function explainUrl(admin: string, { url, method, headers = [], client }: ExplainableRequest): URL {
  const target = URL.parse("/api/explain", admin);
  if (target === null || !/^https?:$/.test(target.protocol)) {
    throw new CommandError("invalid", `--admin: ${JSON.stringify(admin)} is not http://ADDRESS:PORT`);
  }
  target.searchParams.set("url", url);
  if (method !== undefined) target.searchParams.set("method", method);
  if (client !== undefined) target.searchParams.set("client", client);
  for (const [name, value] of headers) target.searchParams.append("header", `${name}: ${value}`);
  return target;
}

async function get(target: URL, { url, token }: AdminListener): Promise<Response> {
  try {
    return await fetch(target, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError("unreachable", `the router at ${url} does not answer: ${reason}`, {
      cause: error,
    });
  }
}

function isExplained(body: unknown): body is ExplainedRequest {
  if (!isObject(body)) return false;
  const { explanation } = body;
  return (
    isObject(explanation) &&
    ["hosts", "paths", "destinations"].every((name) => Array.isArray(explanation[name]))
  );
}
