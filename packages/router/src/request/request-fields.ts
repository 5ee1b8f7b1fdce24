// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.
// One pass over the header fields sorts them: passed on as they are, dropped, or read here.

import { invalid, type Parsed, valid } from "@wayleave/records/lean";

import type { HttpVersion, RequestHead } from "./exchange.ts";
import { createFieldLookup } from "./field-lookup.ts";
import { namedByConnection, withoutFields } from "./hop-by-hop.ts";

/** What the header fields of a request say. */
export interface RequestFields {
  /** Flat: what goes to the instance as it came; the router's own fields come on top. */
  kept: string[];
  host: string | undefined;
  contentLength: number | undefined;
  upgrade: string | undefined;
  /** All Cookie fields, joined with `; `. */
  cookie: string | undefined;
  hasIdempotencyKey: boolean;
  /** How often the request came through this replica before. */
  passes: number;
  /** What a proxy before us says; all undefined when the peer is not a trusted one. */
  readonly said: Said;
}

/** What a trusted proxy before us says of its client. */
export interface Said {
  for?: string;
  proto?: string;
  host?: string;
  port?: string;
  requestId?: string;
  requestStart?: string;
  clientCertificate?: string;
}

interface Reading extends RequestFields {
  hostCount: number;
  connection: string | undefined;
  transferEncoding: string | undefined;
  problem: string | undefined;
}

/** Who asks: `isTrusted`, the peer is a proxy whose word counts; `pseudonym`, our own name in Via. */
export interface Reader {
  readonly isTrusted: boolean;
  readonly pseudonym: string;
}

const lookup = createFieldLookup({
  host: "host",
  connection: "connection",
  upgrade: "upgrade",
  "content-length": "content-length",
  "transfer-encoding": "transfer-encoding",
  cookie: "cookie",
  "idempotency-key": "idempotency-key",
  via: "via",
  "x-forwarded-for": "for",
  "x-forwarded-proto": "proto",
  "x-forwarded-host": "forwarded-host",
  "x-forwarded-port": "port",
  "x-forwarded-client-cert": "client-certificate",
  "x-request-id": "request-id",
  "x-request-start": "request-start",
  forwarded: "claim",
  "x-real-ip": "claim",
  // RFC 9440 sections 2.4 and 4.
  "client-cert": "claim",
  "client-cert-chain": "claim",
  // For one connection only, or for a proxy only. `Proxy` makes CGI programs believe in a HTTP_PROXY.
  "keep-alive": "drop",
  "proxy-connection": "drop",
  "proxy-authorization": "drop",
  proxy: "drop",
  te: "drop",
  expect: "drop",
  "http2-settings": "drop",
});

/** Reads the fields of a request; refuses what two readers could read as two different messages. */
export function readRequestFields(head: RequestHead, reader: Reader): Parsed<RequestFields> {
  const reading: Reading = {
    kept: [],
    host: undefined,
    contentLength: undefined,
    upgrade: undefined,
    cookie: undefined,
    hasIdempotencyKey: false,
    passes: 0,
    said: {},
    hostCount: 0,
    connection: undefined,
    transferEncoding: undefined,
    problem: undefined,
  };
  const raw = head.rawHeaders;
  for (let index = 0; index < raw.length; index += 2) {
    readField(reading, raw[index] ?? "", raw[index + 1] ?? "", reader);
  }
  const problem = reading.problem ?? findConflict(reading, head.httpVersion);
  if (problem !== undefined) return invalid(problem);
  reading.kept = withoutFields(reading.kept, namedByConnection(reading.connection));
  return valid(reading);
}

function readField(reading: Reading, name: string, value: string, reader: Reader): void {
  const kind = lookup(name);
  switch (kind) {
    case undefined:
      if (!(reader.isTrusted ? isMisspelled(name) : isSpoof(name))) reading.kept.push(name, value);
      return;
    case "cookie":
      reading.cookie = reading.cookie === undefined ? value : `${reading.cookie}; ${value}`;
      reading.kept.push(name, value);
      return;
    case "idempotency-key":
      reading.hasIdempotencyKey = true;
      reading.kept.push(name, value);
      return;
    case "via":
      reading.passes += countPasses(value, reader.pseudonym);
      reading.kept.push(name, value);
      return;
    case "claim":
      if (reader.isTrusted) reading.kept.push(name, value);
      return;
    case "host":
      reading.hostCount++;
      reading.host = value;
      return;
    case "content-length":
      readContentLength(reading, name, value);
      return;
    case "connection":
      reading.connection = list(reading.connection, value);
      return;
    case "transfer-encoding":
      reading.transferEncoding = list(reading.transferEncoding, value);
      return;
    case "upgrade":
      reading.upgrade = list(reading.upgrade, value);
      return;
    case "drop":
      return;
    case "for":
    case "proto":
    case "forwarded-host":
    case "port":
    case "request-id":
    case "request-start":
    case "client-certificate":
      if (reader.isTrusted) readSaid(reading.said, kind, value);
  }
}

type SaidKind =
  | "for"
  | "proto"
  | "forwarded-host"
  | "port"
  | "request-id"
  | "request-start"
  | "client-certificate";

function readSaid(said: Said, kind: SaidKind, value: string): void {
  // Lists, to which every proxy appends; of the others the last word counts.
  if (kind === "for") said.for = list(said.for, value);
  else if (kind === "client-certificate") said.clientCertificate = list(said.clientCertificate, value);
  else if (kind === "proto") said.proto = value;
  else if (kind === "forwarded-host") said.host = value;
  else if (kind === "port") said.port = value;
  else if (kind === "request-id") said.requestId = value;
  else said.requestStart = value;
}

function readContentLength(reading: Reading, name: string, value: string): void {
  if (reading.contentLength !== undefined || !/^\d{1,15}$/.test(value)) {
    reading.problem = "the Content-Length is not one number (RFC 9112 section 6.3)";
    return;
  }
  reading.contentLength = Number(value);
  reading.kept.push(name, value);
}

/** Whether an app could take a field for one that only proxies may set: any `X-Forwarded-` field is. */
function isSpoof(name: string): boolean {
  const first = name.charCodeAt(0) | 0x20;
  if (first === 0x78 /* x */ && name.length > 12 && isForwardedName(name)) return true;
  return isMisspelled(name);
}

/**
 * Whether an app could take it for a field that is read here, as CGI, WSGI and Rack make `_` of `-`. No proxy spells
 * them so: even from a trusted one it is what a client sent, and the proxy passed on.
 */
function isMisspelled(name: string): boolean {
  if (!name.includes("_")) return false;
  const spelled = name.replaceAll("_", "-");
  return lookup(spelled) !== undefined || isForwardedName(spelled);
}

function isForwardedName(name: string): boolean {
  return name.slice(0, 12).toLowerCase() === "x-forwarded-";
}

function countPasses(via: string, pseudonym: string): number {
  return via.split(",").filter((step) => step.trim().split(/[ \t]+/)[1] === pseudonym).length;
}

function findConflict(reading: Reading, httpVersion: HttpVersion): string | undefined {
  const { hostCount, transferEncoding } = reading;
  if (hostCount > 1 || (hostCount === 0 && httpVersion !== "1.0")) {
    return `the request has ${hostCount} Host fields (RFC 9112 section 3.2)`;
  }
  if (transferEncoding === undefined) return undefined;
  if (reading.contentLength !== undefined) return "the request has Content-Length and Transfer-Encoding";
  if (httpVersion === "1.0") return "a request of HTTP/1.0 has a Transfer-Encoding (RFC 9112 section 6.1)";
  if (transferEncoding.toLowerCase() !== "chunked") return "the Transfer-Encoding is not chunked";
  return undefined;
}

function list(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
