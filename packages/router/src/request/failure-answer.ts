// Request path, the exit at its side: the answer that the router makes itself.

import { FAILURES, type FailureCode, type FailureRow } from "./failures.ts";
import { grpcMessage, grpcStatus, isGrpc } from "./grpc-failure.ts";
import { httpDate } from "./http-date.ts";

/** What the answer is made of. `detail` is shown to the client: only what it did wrong belongs there. */
export interface FailureReport {
  readonly failure: FailureCode;
  readonly requestId: string;
  readonly accept: string | undefined;
  /** The request's, if it said one. */
  readonly contentType?: string | undefined;
  readonly detail: string | undefined;
  readonly nowMs: number;
  /** Where the client is sent instead. */
  readonly location?: string | undefined;
}

type Form = "problem" | "html" | "text";

/**
 * The answer for a failure: `X-Wayleave-Error` and `Proxy-Status` (RFC 9209) say that it is the
 * router's; the body is `application/problem+json` (RFC 9457), HTML or text, by Accept. A request of gRPC gets what its
 * clients call Trailers-Only: status 200, `grpc-status` and no body.
 */
export function makeFailureAnswer(report: FailureReport): {
  status: number;
  headers: string[];
  body: Buffer;
} {
  const row: FailureRow = FAILURES[report.failure];
  const isForGrpc = isGrpc(report.contentType);
  const [contentType, body] = isForGrpc
    ? ["application/grpc", ""]
    : write(preferredForm(report.accept), row, report);
  const headers = [
    "Date",
    httpDate(report.nowMs),
    "Content-Type",
    contentType,
    "Cache-Control",
    "no-store",
    "X-Content-Type-Options",
    "nosniff",
    "X-Wayleave-Error",
    report.failure,
    "Proxy-Status",
    `wayleave; error=${row.proxyStatus}`,
    "X-Request-Id",
    report.requestId,
  ];
  if (row.retryAfterSeconds !== undefined) headers.push("Retry-After", String(row.retryAfterSeconds));
  if (report.location !== undefined) headers.push("Location", report.location);
  if (isForGrpc) {
    headers.push(
      "Grpc-Status",
      String(grpcStatus(report.failure)),
      "Grpc-Message",
      grpcMessage(`${row.title} ${report.detail ?? ""}`.trim()),
    );
  }
  return { status: isForGrpc ? 200 : row.status, headers, body: Buffer.from(body) };
}

function write(form: Form, row: FailureRow, report: FailureReport): [contentType: string, body: string] {
  const { failure, requestId, detail } = report;
  if (form === "problem") {
    const problem = {
      type: `urn:wayleave:${failure}`,
      title: row.title,
      status: row.status,
      ...(detail !== undefined && { detail }),
      code: failure,
      requestId,
    };
    return ["application/problem+json", `${JSON.stringify(problem)}\n`];
  }
  const lines = [`${row.status} ${failure}`, row.title, ...(detail === undefined ? [] : [detail])];
  if (form === "text") {
    return ["text/plain; charset=utf-8", `${[...lines, `Request id: ${requestId}`].join("\n")}\n`];
  }
  const [heading, ...rest] = lines.map(escapeHtml);
  const paragraphs = rest.map((line) => `<p>${line}</p>`).join("\n");
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${heading}</title>
<h1>${heading}</h1>
${paragraphs}
<p>Request id: <code>${escapeHtml(requestId)}</code></p>
</html>
`;
  return ["text/html; charset=utf-8", html];
}

/** The form that Accept prefers (RFC 9110 section 12.5.1); problem+json when it does not care. */
function preferredForm(accept: string | undefined): Form {
  let best: Form = "problem";
  let bestWeight = 0;
  for (const range of accept?.toLowerCase().split(",") ?? []) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    const weight = weightOf(parameters);
    const form = formOf(type);
    if (form !== undefined && weight > bestWeight) {
      best = form;
      bestWeight = weight;
    }
  }
  return best;
}

function formOf(type: string): Form | undefined {
  if (type === "text/html" || type === "application/xhtml+xml") return "html";
  if (type === "text/plain" || type === "text/*") return "text";
  if (type === "application/problem+json" || type === "application/json" || type === "application/*") {
    return "problem";
  }
  return type === "*/*" ? "problem" : undefined;
}

function weightOf(parameters: readonly string[]): number {
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  return weight === undefined ? 1 : Number(weight.slice(2)) || 0;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
