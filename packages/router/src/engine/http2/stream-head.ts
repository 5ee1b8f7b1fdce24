// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.
// A request's head out of a stream's header fields (RFC 9113 section 8.3): as one of HTTP/1.1 would be, so that all that
// comes behind treats it the same. That no field is malformed or specific to a connection is nghttp2's to see to.

import { randomBytes } from "node:crypto";

import type { RequestHeadRead } from "../wire/read-request-head.ts";

/** What a stream begins with: a head, or what is wrong with it. */
export type StreamHead = RequestHeadRead | string;

/** name, value, name, value, ... as the stream has them; `isWhole`: no body follows. */
export interface StreamFields {
  readonly raw: readonly string[];
  readonly isWhole: boolean;
}

interface Reading {
  readonly pseudo: Record<string, string>;
  readonly fields: string[];
  readonly cookies: string[];
  host: string | undefined;
  contentLength: number;
  expectsContinue: boolean;
  takesTrailers: boolean;
}

/** Reads the head of a stream's request; a text says why it is none. */
export function readStreamHead({ raw, isWhole }: StreamFields): StreamHead {
  const reading = read(raw);
  const { pseudo, fields, cookies, contentLength } = reading;
  const method = pseudo[":method"] ?? "";
  if (pseudo[":scheme"] !== "https") return "the request's scheme is not https";
  const authority = pseudo[":authority"];
  // RFC 9113 section 8.3.1: they must not name two hosts.
  if (authority !== undefined && reading.host !== undefined && authority !== reading.host) {
    return "Host is another one than :authority";
  }
  if (Number.isNaN(contentLength)) return "the Content-Length is not one number";
  const host = authority ?? reading.host;
  const kept = host === undefined ? fields : ["Host", host, ...fields];
  // Crumbs are one field for whoever reads it next (RFC 9113 section 8.2.3).
  if (cookies.length > 0) kept.push("cookie", cookies.join("; "));
  const isTunnel = method === "CONNECT" && pseudo[":protocol"] !== undefined;
  if (isTunnel && pseudo[":protocol"] !== "websocket") return "only the protocol websocket is tunnelled";
  return {
    method: isTunnel ? "GET" : method,
    target: pseudo[":path"] ?? "",
    httpVersion: "2.0",
    rawHeaders: isTunnel ? [...withoutKey(kept), ...upgradeFields()] : kept,
    hasBody: !isTunnel && !isWhole && contentLength !== 0,
    isUpgrade: isTunnel,
    contentLength: isTunnel ? -1 : contentLength,
    isChunked: !isTunnel && !isWhole && contentLength === -1,
    persists: true,
    expectsContinue: reading.expectsContinue,
    takesTrailers: reading.takesTrailers,
  };
}

function read(raw: readonly string[]): Reading {
  const reading: Reading = {
    pseudo: {},
    fields: [],
    cookies: [],
    host: undefined,
    contentLength: -1,
    expectsContinue: false,
    takesTrailers: false,
  };
  for (let index = 0; index < raw.length; index += 2)
    readField(reading, raw[index] ?? "", raw[index + 1] ?? "");
  return reading;
}

function readField(reading: Reading, name: string, value: string): void {
  if (name.startsWith(":")) reading.pseudo[name] = value;
  else if (name === "cookie") reading.cookies.push(value);
  else if (name === "host") reading.host = reading.host === undefined ? value : `${reading.host},${value}`;
  else {
    if (name === "content-length") reading.contentLength = lengthOf(reading.contentLength, value);
    else if (name === "expect") reading.expectsContinue = value.toLowerCase() === "100-continue";
    else if (name === "te") reading.takesTrailers = value.toLowerCase() === "trailers";
    reading.fields.push(name, value);
  }
}

function lengthOf(before: number, value: string): number {
  return before === -1 && /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
}

/** The client's own would be a second one, and its answer is not told to the client (RFC 8441 section 5). */
function withoutKey(fields: readonly string[]): string[] {
  return fields.filter((_, index, all) => all[index - (index % 2)] !== "sec-websocket-key");
}

/** What a WebSocket's handshake says on HTTP/1.1, and not on HTTP/2 (RFC 8441 section 5). */
function upgradeFields(): string[] {
  const key = randomBytes(16).toString("base64");
  return ["Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Key", key];
}
