// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.
// One pass over the header fields sorts them: passed on as they are, dropped, or read here.

import { invalid, type Parsed, valid } from "@wayleave/records/lean";

import type { HttpVersion, RequestHead } from "./exchange.ts";
import { type FieldJudge, FieldLines } from "./field-lines.ts";
import { createFieldLookup, NameMarks } from "./field-lookup.ts";
import { namedByConnection, withoutLines } from "./hop-by-hop.ts";

/** What the header fields of a request say. */
export interface RequestFields {
  /** The lines that go to the instance as they came, but for those of the framing; the router's own come on top. */
  readonly kept: string;
  readonly host: string | undefined;
  readonly contentLength: number | undefined;
  readonly upgrade: string | undefined;
  /** All Cookie fields, joined with `; `. */
  readonly cookie: string | undefined;
  readonly hasIdempotencyKey: boolean;
  /** How often the request came through this replica before. */
  readonly passages: number;
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

/** Who asks: `isTrusted`, the peer is a proxy whose word counts; `pseudonym`, our own name in Via. */
export interface Reader {
  readonly isTrusted: boolean;
  readonly pseudonym: string;
}

const KINDS = {
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
} as const;
const lookup = createFieldLookup<(typeof KINDS)[keyof typeof KINDS]>(KINDS);

const NAMES = new NameMarks(Object.keys(KINDS));
const X = 0x78;
const FORWARDED = "x-forwarded-";

/**
 * Whether a field must be looked at, by its name's length, its first code and whether it has a `_`: all others go on as
 * they came. To be looked at and found to be nothing special does no harm.
 */
export function isRequestMark(length: number, first: number, hasUnderscore: boolean): boolean {
  if (hasUnderscore || NAMES.has(length, first)) return true;
  return (first | 0x20) === X && length > FORWARDED.length;
}

/** Reads the fields of a request; refuses what two readers could read as two different messages. */
export function readRequestFields(head: RequestHead, reader: Reader): Parsed<RequestFields> {
  const reading = new Reading(reader);
  const problem = reading.read(head.lines ?? FieldLines.of(head.rawHeaders), head.httpVersion);
  return problem === undefined ? valid(reading) : invalid(problem);
}

class Reading implements RequestFields, FieldJudge {
  kept = "";
  host: string | undefined;
  contentLength: number | undefined;
  upgrade: string | undefined;
  cookie: string | undefined;
  hasIdempotencyKey = false;
  passages = 0;
  said: Said = NOTHING_SAID;
  readonly #reader: Reader;
  #hostCount = 0;
  #connection: string | undefined;
  #transferEncoding: string | undefined;
  #problem: string | undefined;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** Gives what is wrong with the fields. */
  read(lines: FieldLines, httpVersion: HttpVersion): string | undefined {
    this.kept = withoutLines(lines.pass(this), namedByConnection(this.#connection));
    return this.#problem ?? this.#findConflict(httpVersion);
  }

  passes(name: string, value: string): boolean {
    const { isTrusted, pseudonym } = this.#reader;
    const kind = lookup(name);
    if (kind === undefined) return !(isTrusted ? isMisspelled(name) : isSpoof(name));
    if (kind === "claim") return isTrusted;
    if (kind === "cookie") this.cookie = this.cookie === undefined ? value : `${this.cookie}; ${value}`;
    else if (kind === "idempotency-key") this.hasIdempotencyKey = true;
    else if (kind === "via") this.passages += countPassages(value, pseudonym);
    else return this.#take(kind, value);
    return true;
  }

  /** Of these the router writes its own, or none: they do not pass. */
  #take(kind: Taken, value: string): false {
    switch (kind) {
      case "host":
        this.#hostCount++;
        this.host = value;
        break;
      case "content-length":
        this.#readContentLength(value);
        break;
      case "connection":
        this.#connection = list(this.#connection, value);
        break;
      case "transfer-encoding":
        this.#transferEncoding = list(this.#transferEncoding, value);
        break;
      case "upgrade":
        this.upgrade = list(this.upgrade, value);
        break;
      case "drop":
        break;
      case "for":
      case "proto":
      case "forwarded-host":
      case "port":
      case "request-id":
      case "request-start":
      case "client-certificate":
        if (this.#reader.isTrusted) this.said = readSaid(this.said, kind, value);
    }
    return false;
  }

  #readContentLength(value: string): void {
    if (this.contentLength === undefined && /^\d{1,15}$/.test(value)) this.contentLength = Number(value);
    else this.#problem = "the Content-Length is not one number (RFC 9112 section 6.3)";
  }

  #findConflict(httpVersion: HttpVersion): string | undefined {
    const count = this.#hostCount;
    if (count > 1 || (count === 0 && httpVersion !== "1.0")) {
      return `the request has ${count} Host fields (RFC 9112 section 3.2)`;
    }
    const coding = this.#transferEncoding;
    if (coding === undefined) return undefined;
    if (this.contentLength !== undefined) return "the request has Content-Length and Transfer-Encoding";
    if (httpVersion === "1.0") return "a request of HTTP/1.0 has a Transfer-Encoding (RFC 9112 section 6.1)";
    return coding.toLowerCase() === "chunked" ? undefined : "the Transfer-Encoding is not chunked";
  }
}

/** Of everybody whose word does not count. */
export const NOTHING_SAID: Said = {};

type Taken = SaidKind | "host" | "content-length" | "connection" | "transfer-encoding" | "upgrade" | "drop";
type SaidKind =
  | "for"
  | "proto"
  | "forwarded-host"
  | "port"
  | "request-id"
  | "request-start"
  | "client-certificate";

function readSaid(before: Said, kind: SaidKind, value: string): Said {
  const said = before === NOTHING_SAID ? {} : before;
  // Lists, to which every proxy appends; of the others the last word counts.
  if (kind === "for") said.for = list(said.for, value);
  else if (kind === "client-certificate") said.clientCertificate = list(said.clientCertificate, value);
  else if (kind === "proto") said.proto = value;
  else if (kind === "forwarded-host") said.host = value;
  else if (kind === "port") said.port = value;
  else if (kind === "request-id") said.requestId = value;
  else said.requestStart = value;
  return said;
}

/** Whether an app could take a field for one that only proxies may set: any `X-Forwarded-` field is. */
function isSpoof(name: string): boolean {
  const first = name.charCodeAt(0) | 0x20;
  if (first === X && name.length > FORWARDED.length && isForwardedName(name)) return true;
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
  return name.slice(0, FORWARDED.length).toLowerCase() === FORWARDED;
}

function countPassages(via: string, pseudonym: string): number {
  return via.split(",").filter((step) => step.trim().split(/[ \t]+/)[1] === pseudonym).length;
}

function list(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
