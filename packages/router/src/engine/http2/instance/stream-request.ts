// Request path 5 of 7: read -> match -> pick -> connect -> FORWARD -> relay -> log.
// A request's head as the header fields of a stream (RFC 9113 section 8.3).

import { createHash } from "node:crypto";

import type { Exchange } from "../../../request/exchange.ts";
import { fieldValue } from "../../../request/hash-key.ts";
import type { RequestHeadRead } from "../../wire/read-request-head.ts";

const KEY = "sec-websocket-key";

/** What a stream to an instance begins with. */
export interface StreamRequest {
  readonly head: RequestHeadRead;
  /** name, value, name, value, ...: pseudo-header fields first, names in lower case. */
  readonly fields: string[];
  /** A WebSocket by extended CONNECT (RFC 8441): the Sec-WebSocket-Accept that its client waits for. */
  readonly accept: string | undefined;
}

/** Writes the head of a request for an instance; `scheme` is that of the connection to it. */
export function writeStreamRequest(
  head: RequestHeadRead,
  exchange: Pick<Exchange, "target" | "upgrade" | "requestHeaders">,
  scheme: "http" | "https",
): StreamRequest {
  const headers = exchange.requestHeaders();
  // Other upgrades are not known on HTTP/2, and RFC 9110 section 7.8 allows to ignore them.
  const key = exchange.upgrade?.toLowerCase() === "websocket" ? fieldValue(headers, KEY) : undefined;
  const method = key === undefined ? head.method : "CONNECT";
  const fields = [":method", method, ":scheme", scheme, ":path", exchange.target];
  if (key !== undefined) fields.push(":protocol", "websocket");
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? "").toLowerCase();
    const value = headers[index + 1] ?? "";
    if (name === "host") fields.push(":authority", value);
    else if (name !== "content-length" && (name !== KEY || key === undefined)) fields.push(name, value);
  }
  if (head.contentLength >= 0) fields.push("content-length", String(head.contentLength));
  if (head.expectsContinue && head.hasBody) fields.push("expect", "100-continue");
  if (head.takesTrailers) fields.push("te", "trailers");
  return { head, fields, accept: key === undefined ? undefined : acceptOf(key) };
}

/** RFC 6455 section 4.2.2: what an instance on HTTP/1.1 would have answered to the key. */
function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
