// Several requests on a connection, connections that end early, trailers and limits.

import type { RequestCase } from "./raw-case.ts";
import { chunked, get, lines, post, reads, refuses } from "./raw-case.ts";

const at = (target: string, ...fields: string[]): string =>
  lines(`GET ${target} HTTP/1.1`, "Host: a.example", ...fields, "");

const pipelined: readonly RequestCase[] = [
  reads("two requests at once", at("/1") + at("/2"), ["GET /1", "GET /2"]),
  reads(
    "ten requests at once",
    Array.from({ length: 10 }, (_, index) => at(`/${index}`)).join(""),
    Array.from({ length: 10 }, (_, index) => `GET /${index}`),
  ),
  reads("a POST and a GET", post(["Content-Length: 5"], "hello") + at("/2"), ["POST / hello", "GET /2"]),
  reads("chunks and a GET", chunked("5\r\nhello\r\n0\r\n\r\n") + at("/2"), ["POST / hello", "GET /2"]),
  reads(
    "chunks, chunks and a POST",
    chunked("1\r\na\r\n0\r\n\r\n").repeat(2) + post(["Content-Length: 1"], "b"),
    ["POST / a", "POST / a", "POST / b"],
  ),
  reads("an empty line between two requests", `${at("/1")}\r\n${at("/2")}`, ["GET /1", "GET /2"]),
  reads("an empty line behind a body", `${post(["Content-Length: 5"], "hello")}\r\n${at("/2")}`, [
    "POST / hello",
    "GET /2",
  ]),
  reads("two HEADs", lines("HEAD /1 HTTP/1.1", "Host: a", "", "HEAD /2 HTTP/1.1", "Host: a", ""), [
    "HEAD /1",
    "HEAD /2",
  ]),
  reads("a request behind one that closes, which is not read", at("/1", "Connection: close") + at("/2"), [
    "GET /1",
  ]),
  reads("a request behind HTTP/1.0, which is not read", lines("GET /1 HTTP/1.0", "") + at("/2"), ["GET /1"]),
  reads(
    "a request behind HTTP/1.0 with keep-alive",
    lines("GET /1 HTTP/1.0", "Connection: keep-alive", "") + at("/2"),
    ["GET /1", "GET /2"],
  ),
  reads(
    "a request behind close and keep-alive, which is not read",
    at("/1", "Connection: keep-alive, close") + at("/2"),
    ["GET /1"],
  ),
  {
    name: "a bad request behind a good one",
    bytes: `${at("/1")}BAD\r\n\r\n`,
    reads: ["GET /1"],
    refused: "bad-request",
  },
  {
    name: "a bad request behind a body",
    bytes: `${post(["Content-Length: 5"], "hello")}x`.concat("y: z\r\n\r\n"),
    reads: ["POST / hello"],
    refused: "bad-request",
  },
  {
    name: "a length that is too short for its body",
    bytes: `${post(["Content-Length: 3"], "hello")}\r\n\r\n`,
    reads: ["POST / hel"],
    refused: "bad-request",
  },
  {
    name: "bad chunks behind a good request",
    bytes: at("/1") + chunked("x\r\n"),
    reads: ["GET /1"],
    refused: "bad-request",
  },
  {
    name: "a good request behind a bad one, which is not read",
    bytes: `BAD\r\n\r\n${at("/2")}`,
    reads: [],
    refused: "bad-request",
  },
  {
    name: "a good request behind bad chunks, which is not read",
    bytes: `${chunked("x\r\n")}${at("/2")}`,
    reads: [],
    refused: "bad-request",
  },
];

const early: readonly RequestCase[] = [
  {
    name: "an end within the request line",
    bytes: "GET / HT",
    ends: true,
    reads: [],
    refused: "bad-request",
  },
  {
    name: "an end within a field",
    bytes: "GET / HTTP/1.1\r\nHost: a",
    ends: true,
    reads: [],
    refused: "bad-request",
  },
  {
    name: "an end before the empty line",
    bytes: "GET / HTTP/1.1\r\nHost: a\r\n",
    ends: true,
    reads: [],
    refused: "bad-request",
  },
  {
    name: "an end within the empty line",
    bytes: "GET / HTTP/1.1\r\nHost: a\r\n\r",
    ends: true,
    reads: [],
    refused: "bad-request",
  },
  { name: "an end before a body", bytes: post(["Content-Length: 5"]), ends: true, reads: [] },
  { name: "an end within a body", bytes: post(["Content-Length: 5"], "hel"), ends: true, reads: [] },
  { name: "an end before chunks", bytes: chunked(""), ends: true, reads: [] },
  { name: "an end within a chunk's size", bytes: chunked("5"), ends: true, reads: [] },
  { name: "an end within a chunk", bytes: chunked("5\r\nhel"), ends: true, reads: [] },
  { name: "an end behind a chunk", bytes: chunked("5\r\nhello\r\n"), ends: true, reads: [] },
  { name: "an end within the last chunk", bytes: chunked("5\r\nhello\r\n0\r\n"), ends: true, reads: [] },
  {
    name: "an end within the trailers",
    bytes: chunked("5\r\nhello\r\n0\r\nX: y\r\n"),
    ends: true,
    reads: [],
  },
  { name: "an end at once", bytes: "", ends: true, reads: [] },
  { name: "an end behind an empty line", bytes: "\r\n", ends: true, reads: [] },
];

const trailers: readonly RequestCase[] = [
  reads("a trailer", chunked("5\r\nhello\r\n0\r\nX: y\r\n\r\n"), ["POST / hello + X: y"]),
  reads("two trailers", chunked("1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\n"), ["POST / a + X: y + Z: "]),
  reads(
    "a trailer that was announced",
    post(["Trailer: X", "Transfer-Encoding: chunked"], "0\r\nX: y\r\n\r\n"),
    ["POST / + X: y"],
  ),
  refuses("a trailer that is folded", chunked("0\r\nX: y\r\n z\r\n\r\n")),
  refuses("a trailer with a space before its colon", chunked("0\r\nX : y\r\n\r\n")),
  refuses("a trailer with a bad name", chunked("0\r\nX(: y\r\n\r\n")),
  refuses("a trailer with a NUL", chunked("0\r\nX: \0\r\n\r\n")),
  refuses("a trailer with a bare CR", chunked("0\r\nX: a\rb\r\n\r\n")),
  refuses("a trailer Host", chunked("0\r\nHost: b.example\r\n\r\n")),
  refuses("a trailer X-Forwarded-For", chunked("0\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n")),
  refuses("a trailer Authorization", chunked("0\r\nAuthorization: x\r\n\r\n")),
  refuses("trailers without end", chunked(`0\r\n${"X: yyyyyyyyyyyyyyyy\r\n".repeat(2_000)}\r\n`)),
];

const tooLarge = (name: string, bytes: string): RequestCase => ({
  name,
  bytes,
  reads: [],
  refused: "head-too-large",
});

const limits: readonly RequestCase[] = [
  reads("a target of 7,000 characters", at(`/${"a".repeat(7_000)}`), [`GET /${"a".repeat(7_000)}`]),
  reads("a value of 7,000 characters", get(`X: ${"a".repeat(7_000)}`), ["GET /"]),
  reads("99 fields", get(...Array.from({ length: 98 }, (_, index) => `X-${index}: y`)), ["GET /"]),
  tooLarge("101 fields", get(...Array.from({ length: 100 }, (_, index) => `X-${index}: y`))),
  tooLarge("a target of 40,000 characters", at(`/${"a".repeat(40_000)}`)),
  tooLarge("a value of 40,000 characters", get(`X: ${"a".repeat(40_000)}`)),
  tooLarge("a name of 40,000 characters", get(`${"a".repeat(40_000)}: x`)),
  tooLarge(
    "many fields of 40,000 characters together",
    get(...Array.from({ length: 90 }, (_, index) => `X-${index}: ${"y".repeat(450)}`)),
  ),
  reads("a body of 100,000 bytes", post(["Content-Length: 100000"], "x".repeat(100_000)), [
    `POST / ${"x".repeat(100_000)}`,
  ]),
  reads("a chunk of 100,000 bytes", chunked(`186a0\r\n${"x".repeat(100_000)}\r\n0\r\n\r\n`), [
    `POST / ${"x".repeat(100_000)}`,
  ]),
  reads("a thousand small chunks", chunked(`${"1\r\na\r\n".repeat(1_000)}0\r\n\r\n`), [
    `POST / ${"a".repeat(1_000)}`,
  ]),
];

const expectations: readonly RequestCase[] = [
  reads("Expect with the body at once", post(["Expect: 100-continue", "Content-Length: 5"], "hello"), [
    "POST / hello",
  ]),
  reads("Expect without a body", get("Expect: 100-continue"), ["GET /"]),
  reads(
    "Expect in HTTP/1.0",
    `${lines("POST / HTTP/1.0", "Host: a", "Expect: 100-continue", "Content-Length: 5", "")}hello`,
    ["POST / hello"],
  ),
  reads("an Upgrade that Connection does not name", get("Upgrade: websocket"), ["GET /"]),
  reads(
    "an Upgrade in HTTP/1.0",
    lines("GET / HTTP/1.0", "Host: a", "Connection: Upgrade", "Upgrade: websocket", ""),
    ["GET /"],
  ),
  reads("TE: trailers", get("TE: trailers", "Connection: TE"), ["GET /"]),
];

/** Several requests on a connection, early ends, trailers, limits and expectations. */
export const requestOrder: readonly RequestCase[] = [
  ...pipelined,
  ...early,
  ...trailers,
  ...limits,
  ...expectations,
];
