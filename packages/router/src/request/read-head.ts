// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.

import { normalizePath } from "@wayleave/records/lean";

import type { RequestHead } from "./exchange.ts";
import type { FailureCode } from "./failures.ts";
import { readRequestFields, type Reader, type RequestFields } from "./request-fields.ts";
import { parseRequestHost } from "./request-host.ts";
import { parseRequestTarget } from "./request-target.ts";

/** A request's head, understood. */
export interface ReadHead {
  /** The request target to send. */
  readonly target: string;
  /** What the route is matched by: lower case without port, and the normalized path without query. */
  readonly host: string;
  readonly path: string;
  /** The Host field to send; undefined when the client gave none. */
  readonly hostField: string | undefined;
  /** The port in it. */
  readonly port: string | undefined;
  readonly fields: RequestFields;
}

/** Why a head is refused; `detail` is for the client's eyes. */
export interface Refusal {
  readonly failure: FailureCode;
  readonly detail: string;
}

/**
 * How often a request may pass one replica. An app may itself be a proxy that calls other apps through
 * this router and keeps Via, so to come by again is no loop yet; to come by for the fourth time is.
 */
const MAX_PASSES = 3;

/** Reads a head, or tells why it is refused. */
export function readHead(head: RequestHead, reader: Reader): ReadHead | Refusal {
  const target = parseRequestTarget(head.method, head.target);
  if (!target.ok) return badRequest(target.reason);
  const fields = readRequestFields(head, reader);
  if (!fields.ok) return badRequest(fields.reason);
  if (fields.value.passes >= MAX_PASSES) {
    return { failure: "loop-detected", detail: `passed ${reader.pseudonym} ${fields.value.passes} times` };
  }
  // An authority in the target beats Host, and is what goes on as Host (RFC 9112 section 3.2.2).
  const hostField = target.value.authority ?? fields.value.host;
  const host = parseRequestHost(hostField ?? "");
  if (!host.ok) return badRequest(host.reason);
  return {
    target: target.value.target,
    host: host.value.host,
    path: normalizePath(target.value.path),
    hostField: hostField === "" ? undefined : hostField,
    port: host.value.port,
    fields: fields.value,
  };
}

function badRequest(detail: string): Refusal {
  return { failure: "bad-request", detail };
}
