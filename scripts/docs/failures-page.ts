import { FAILURES, type FailureCode, type FailureRow } from "@wayleave/router";

import { makeFailureAnswer } from "../../packages/router/src/request/failure-answer.ts";
import { grpcStatus } from "../../packages/router/src/request/grpc-failure.ts";
import { mayRetry } from "../../packages/router/src/request/may-retry.ts";
import { code, inline, page, table } from "./markdown.ts";

const EXAMPLE: FailureCode = "no-instances";

const FAULT: Readonly<Record<FailureRow["fault"], string>> = {
  client: "the client",
  app: "the app",
  platform: "the platform: network, configuration",
  router: "the router",
};

/** docs/failures.md: every failure that a router can tell of. */
export function failuresPage(): string {
  const rows: readonly (readonly [string, FailureRow])[] = Object.entries(FAILURES);
  return page("Failures", [
    `Every answer that the router makes itself carries ${inline("X-Wayleave-Error")} with one of these codes, ${inline("Proxy-Status")} ` +
      `(RFC 9209) and ${inline("X-Request-Id")}. **A 5xx without ${inline("X-Wayleave-Error")} came from the app.** The same codes are in the access log ` +
      `(${inline("failure")}) and in the metrics ${inline("wayleave_failures_total")} and ${inline("wayleave_retries_total")}.`,
    table(
      ["code", "status", "what happened", "whose fault", "tried on another instance"],
      rows.map(([name, { status, title, fault }]) => [
        inline(name),
        name === "client-gone" ? `${status}, in the log only` : String(status),
        title,
        FAULT[fault],
        retryOf(name),
      ]),
    ),
    "An answer whose head has gone out already cannot be replaced: then the connection is cut for the client as it was for the router, " +
      "never ended as if the answer were whole, and the code stands in the log beside the status that was sent.",
    "## Retries",
    "What no instance has seen may go to another one. What one has seen may only if seeing it twice does no harm: GET, HEAD, OPTIONS, " +
      `TRACE, PUT and DELETE without a body, or anything with ${inline("Idempotency-Key")}; and only while the router still has all of the request. ` +
      "An answer of the app is never retried, whatever its status. How often, and within which budget: [traffic](traffic.md#retries).",
    "## What the answer looks like",
    `${inline("application/problem+json")} (RFC 9457), HTML or text, as ${inline("Accept")} prefers. ${inline("detail")} is there when the client itself did ` +
      "something wrong, and says what.",
    code(exampleAnswer("application/json"), "http"),
    code(exampleAnswer("text/plain"), "http"),
    `A call of gRPC (${inline("Content-Type: application/grpc")}) gets what its clients understand: status 200, the same fields, ${inline("grpc-status")}, ` +
      `${inline("grpc-message")} and no body. The access log and the metrics have the status of the first table all the same. See [gRPC](grpc.md).`,
    table(
      ["code", "`Proxy-Status` error", "`grpc-status`", "`Retry-After`"],
      rows.map(([name, row]) => [
        inline(name),
        inline(row.proxyStatus),
        isFailure(name) ? String(grpcStatus(name)) : "",
        row.retryAfterSeconds === undefined ? "" : `${row.retryAfterSeconds} s`,
      ]),
    ),
  ]);
}

/** Asks the function that decides. Only a failed attempt can be followed by another one. */
function retryOf(name: string): string {
  if (!isOfAttempt(name)) return "";
  const attempt = {
    failure: name,
    hasBody: false,
    hasIdempotencyKey: false,
    canResend: true,
    attempts: 1,
    maxAttempts: 2,
    elapsedMs: 0,
    exchangeMs: undefined,
  };
  const unsent = mayRetry({ ...attempt, method: "POST", isSent: false });
  const repeatable = mayRetry({ ...attempt, method: "GET", isSent: true });
  if (isUnsent(name)) return unsent ? "yes" : "no";
  return repeatable ? "if it may be repeated" : "no";
}

function isOfAttempt(name: string): name is FailureCode {
  return /^(?:connect|answer|websocket)-/.test(name);
}

function isFailure(name: string): name is FailureCode {
  return name in FAILURES;
}

/** It says that the instance has acted upon nothing. */
function isUnsent(name: FailureCode): boolean {
  return name.startsWith("connect-") || name === "answer-refused" || name === "websocket-unsupported";
}

function exampleAnswer(accept: string): string {
  const { status, headers, body } = makeFailureAnswer({
    failure: EXAMPLE,
    accept,
    detail: undefined,
    nowMs: Date.UTC(2026, 0, 1),
    requestId: "0198f2c0-7a31-7cc0-9d0e-5f1c2a3b4c5d",
  });
  const fields = headers.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${headers[index + 1]}`] : [],
  );
  return [`HTTP/1.1 ${status} Service Unavailable`, ...fields, "", body.toString().trimEnd()].join("\n");
}
