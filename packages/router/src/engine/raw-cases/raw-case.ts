// Raw cases: bytes that a client or an instance may send, and what must become of them. They are the same
// for all engines, and for other proxies where these are installed: whoever reads another message in the
// same bytes is where requests are smuggled through. Where another one differs, a list says why.

import type { FailureCode } from "../../request/failures.ts";

/** Who else the cases run through. */
export type Peer = "http-proxy" | "nginx" | "haproxy";

/** Bytes from a client. */
export interface RequestCase {
  readonly name: string;
  /** As latin1 text, sent at once. */
  readonly bytes: string;
  /** What the instance must read, in order: `METHOD target`, then ` body` and ` + trailer: value` if any. */
  readonly reads: readonly string[];
  /** The failure that follows, with a closed connection; the instance reads nothing of what failed. */
  readonly refused?: FailureCode;
  /** The client ends its side behind the bytes. */
  readonly ends?: boolean;
}

/** What a client gets of an answer. */
export type Given =
  /** `body` and ` + trailer: value`, whole; `interims`: statuses of the interim answers before it. */
  | { readonly status: number; readonly body: string; readonly interims?: readonly number[] }
  /** The router's own answer. */
  | { readonly failure: FailureCode }
  /** A head with this status, and then a connection that ends before the answer is whole. */
  | { readonly cut: number };

/** Bytes from an instance. */
export interface AnswerCase {
  readonly name: string;
  /** As latin1 text, sent at once as soon as a request's head came. */
  readonly bytes: string;
  /** What the instance does behind the bytes: keeps the connection (the default), ends or resets it. */
  readonly after?: "keep" | "end" | "reset";
  /** The method of the request; GET by default. */
  readonly method?: string;
  readonly httpVersion?: "1.0" | "1.1";
  readonly gives: Given;
  /** The instance's connection must not, or must, carry another exchange. */
  readonly isKept?: boolean;
}

/** A case that the instance must read as given. */
export function reads(name: string, bytes: string, read: readonly string[]): RequestCase {
  return { name, bytes, reads: read };
}

/** A case that must be refused, with nothing read by the instance. */
export function refuses(name: string, bytes: string): RequestCase {
  return { name, bytes, reads: [], refused: "bad-request" };
}

/** Lines, each with its CRLF. */
export function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\r\n`).join("");
}

/** A GET of `/` with a Host and these field lines. */
export function get(...fields: readonly string[]): string {
  return lines("GET / HTTP/1.1", "Host: a.example", ...fields, "");
}

/** A POST to `/` with a Host and these field lines, and a body. */
export function post(fields: readonly string[], body = ""): string {
  return lines("POST / HTTP/1.1", "Host: a.example", ...fields, "") + body;
}

/** A POST to `/` with this body in chunks, framing included. */
export function chunked(body: string): string {
  return post(["Transfer-Encoding: chunked"], body);
}

/** An answer with status 200 and these field lines, and a body. */
export function ok(fields: readonly string[], body = ""): string {
  return lines("HTTP/1.1 200 OK", ...fields, "") + body;
}
