// Request path, the exit at its side: the answer that the router makes itself, as a client of gRPC understands it.

import { FAILURES, type FailureCode } from "./failures.ts";

/** Codes of gRPC (doc/statuscodes.md of grpc/grpc) by HTTP status: those that its clients would take for that themselves, but nearer. */
const CODES: Readonly<Record<number, number>> = {
  308: 9, // FAILED_PRECONDITION
  404: 12, // UNIMPLEMENTED
  408: 4, // DEADLINE_EXCEEDED
  413: 8, // RESOURCE_EXHAUSTED
  421: 14, // UNAVAILABLE
  431: 8,
  502: 14,
  503: 14,
  504: 14,
};
const DEADLINE_EXCEEDED = 4;
const INTERNAL = 13;

/** Whether a request is one of gRPC, by its Content-Type; gRPC-Web is not: its clients read an HTTP answer. */
export function isGrpc(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(?:$|[+;\s])/i.test(contentType);
}

/** The code of gRPC for a failure: a client may try UNAVAILABLE again. */
export function grpcStatus(failure: FailureCode): number {
  if (failure === "answer-timeout") return DEADLINE_EXCEEDED;
  return CODES[FAILURES[failure].status] ?? INTERNAL;
}

/** Text as `grpc-message` carries it: percent-encoded UTF-8. */
export function grpcMessage(text: string): string {
  return text.replaceAll(/[^ -$&-~]+/g, encodeURIComponent);
}
