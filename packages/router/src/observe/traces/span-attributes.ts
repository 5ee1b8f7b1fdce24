// What spans say, by the semantic conventions for HTTP, https://opentelemetry.io/docs/specs/semconv/http/http-spans/. A query is in
// none of them, as it is in no log line: it carries secrets.

import type { Attributes } from "@opentelemetry/api";

import type { Client, RequestHead } from "../../request/exchange.ts";
import type { ExchangeSummary } from "../../request/exchange-summary.ts";
import { plainAddress } from "../../request/trusted-peers.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";

/** Other methods are one, or clients could make up as many names of spans as they like. */
const METHODS = new Set([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "QUERY",
]);

/** What is known of a request before anything is decided on it. */
export function requestAttributes(head: RequestHead, client: Client): Attributes {
  return {
    ...methodAttributes(head.method),
    "url.scheme": client.isTls ? "https" : "http",
    "url.path": pathOf(head.target),
    "network.protocol.version": head.httpVersion === "2.0" ? "2" : head.httpVersion,
    "network.peer.address": plainAddress(client.address),
    "network.peer.port": client.port,
  };
}

/** What became of it. */
export function summaryAttributes(summary: ExchangeSummary): Attributes {
  const { route, app, instance, failure, status } = summary;
  return {
    "http.response.status_code": status,
    "server.address": summary.host || undefined,
    "client.address": summary.forwardedClient ?? plainAddress(summary.client.address),
    "http.route": route?.path,
    "error.type": failure ?? (status >= 500 ? String(status) : undefined),
    "wayleave.route": route && `${route.host}${route.path}`,
    "wayleave.app": app,
    "wayleave.instance": instance?.id,
    "wayleave.request_id": summary.requestId,
    "wayleave.attempts": summary.attempts,
  };
}

/** What an attempt on an instance is; `resends` of the same request were before it. */
export function attemptAttributes(head: RequestHead, instance: InstanceEntry, resends: number): Attributes {
  return {
    ...methodAttributes(head.method),
    "url.full": `http://${instance.authority}${pathOf(head.target)}`,
    "server.address": instance.record.address,
    "server.port": instance.record.port,
    "http.request.resend_count": resends === 0 ? undefined : resends,
    "wayleave.app": instance.app,
    "wayleave.instance": instance.id,
  };
}

/** `GET /api`: a method, and a route's path, of both of which there are few. */
export function spanName(method: string, route?: ExchangeSummary["route"]): string {
  const name = METHODS.has(method) ? method : "HTTP";
  return route === undefined ? name : `${name} ${route.path}`;
}

function methodAttributes(method: string): Attributes {
  if (METHODS.has(method)) return { "http.request.method": method };
  return { "http.request.method": "_OTHER", "http.request.method_original": method || undefined };
}

function pathOf(target: string): string {
  const path = /^[a-z][a-z\d+.-]*:\/\//i.test(target) ? (URL.parse(target)?.pathname ?? target) : target;
  const query = path.indexOf("?");
  return query === -1 ? path : path.slice(0, query);
}
