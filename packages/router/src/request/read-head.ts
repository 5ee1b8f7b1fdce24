// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.

import { normalizePath } from "@wayleave/records/lean";

import type { Client, RequestHead } from "./exchange.ts";
import type { FailureCode } from "./failures.ts";
import { type KnownHost, knownHost } from "./known-host.ts";
import { readRequestFields, type Reader, type RequestFields } from "./request-fields.ts";
import { parseRequestTarget } from "./request-target.ts";

/** A request's head, understood. */
export interface ReadHead {
  /** The request target to send. */
  readonly target: string;
  readonly host: KnownHost;
  /** Normalized, without the query: the form that routes are matched by. */
  readonly path: string;
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
const MAX_PASSAGES = 3;

/** Reads a head, or tells why it is refused. */
export function readHead(head: RequestHead, client: Client, reader: Reader): ReadHead | Refusal {
  const target = parseRequestTarget(head.method, head.target);
  if (!target.ok) return badRequest(target.reason);
  const fields = readRequestFields(head, reader);
  if (!fields.ok) return badRequest(fields.reason);
  const { passages } = fields.value;
  if (passages >= MAX_PASSAGES) {
    return { failure: "loop-detected", detail: `passed ${reader.pseudonym} ${passages} times` };
  }
  // An authority in the target beats Host, and is what goes on as Host (RFC 9112 section 3.2.2).
  const host = knownHost(client, target.value.authority ?? fields.value.host ?? "");
  if (!host.ok) return badRequest(host.reason);
  return {
    target: target.value.target,
    host: host.value,
    path: normalizePath(target.value.path),
    fields: fields.value,
  };
}

function badRequest(detail: string): Refusal {
  return { failure: "bad-request", detail };
}
