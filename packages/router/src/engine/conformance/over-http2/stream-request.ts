// What a request of HTTP/1.1 is on HTTP/2, for a client that speaks both: RFC 9113 section 8.3.1 for its head.

import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";

import { type BodyText, chunkedText, sizedText, tunnelText } from "./body-text.ts";

/** What HTTP/2 has no fields for, or other ones (RFC 9113 section 8.2.2, RFC 8441 section 5). */
const NOT_ON_HTTP2 = new Set([
  "host",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "sec-websocket-key",
]);

/** A request on a stream of its own. */
export interface StreamRequest {
  readonly stream: ClientHttp2Stream;
  readonly method: string;
  /** A WebSocket's: all that follows is its own (RFC 8441). */
  readonly isTunnel: boolean;
  /** Takes what follows its head. */
  readonly body: BodyText;
}

interface TextHead {
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly values: (name: string) => string[];
}

/** Starts a request with this head: its lines, without the empty one at its end. */
export function startRequest(session: ClientHttp2Session, text: string): StreamRequest {
  const head = readHead(text);
  const { method, values } = head;
  const isTunnel = method === "GET" && values("upgrade").includes("websocket");
  const isChunked = values("transfer-encoding").length > 0;
  const length = Number(values("content-length")[0] ?? 0);
  const endStream = !isTunnel && !isChunked && length === 0;
  const headers = [...pseudoFields(head, isTunnel), ...ownFields(head)];
  const stream = session.request(headers, { endStream, waitForTrailers: isChunked });
  const sized = isChunked ? chunkedText(stream) : sizedText(stream, length);
  return { stream, method, isTunnel, body: isTunnel ? tunnelText(stream) : sized };
}

function readHead(text: string): TextHead {
  const [startLine = "", ...lines] = text.split("\r\n");
  const [method = "", target = ""] = startLine.split(" ");
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const values = (wanted: string): string[] =>
    fields.flatMap(([name, value]) => (name === wanted ? value : []));
  return { method, target, fields, values };
}

function pseudoFields({ method, target, values }: TextHead, isTunnel: boolean): string[] {
  const absolute = /^https?:\/\/([^/?]*)(.*)$/.exec(target);
  const authority = absolute?.[1] ?? values("host")[0] ?? "";
  const path = absolute === null ? target : absolute[2] || (method === "OPTIONS" ? "*" : "/");
  const start = isTunnel ? [":method", "CONNECT", ":protocol", "websocket"] : [":method", method];
  return [...start, ":scheme", "https", ":authority", authority, ":path", path];
}

/** Those that are not for the connection alone. */
function ownFields({ fields, values }: TextHead): string[] {
  const hops = new Set(values("connection").flatMap((value) => value.toLowerCase().split(/, */)));
  // TE is one that both have; on HTTP/1.1 it counts only when Connection names it (RFC 9110 section 10.1.4).
  return fields.filter(([name]) => !NOT_ON_HTTP2.has(name) && hops.has(name) === (name === "te")).flat();
}
