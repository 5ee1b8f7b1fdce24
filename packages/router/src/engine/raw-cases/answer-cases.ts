// What instances may send: RFC 9112 sections 4, 6, 7 and 8, RFC 9110 section 15.

import { type AnswerCase, lines, ok } from "./raw-case.ts";

const CHUNKED = "Transfer-Encoding: chunked";
const LENGTH_5 = "Content-Length: 5";
const FINAL = ok([LENGTH_5], "hello");

function gives(name: string, bytes: string, body: string, rest: Partial<AnswerCase> = {}): AnswerCase {
  return { name, bytes, gives: { status: 200, body }, ...rest };
}

function refused(name: string, bytes: string): AnswerCase {
  return { name, bytes, gives: { failure: "answer-malformed" }, isKept: false };
}

function cut(name: string, bytes: string, rest: Partial<AnswerCase> = {}): AnswerCase {
  return { name, bytes, gives: { cut: 200 }, isKept: false, ...rest };
}

const framing: readonly AnswerCase[] = [
  gives("a length", FINAL, "hello", { isKept: true }),
  gives("a length of 0", ok(["Content-Length: 0"]), "", { isKept: true }),
  gives("chunks", ok([CHUNKED], "5\r\nhello\r\n0\r\n\r\n"), "hello", { isKept: true }),
  gives("chunks with extensions", ok([CHUNKED], "5;a=b\r\nhello\r\n0\r\n\r\n"), "hello", { isKept: true }),
  gives(
    "chunks with trailers",
    ok(["Trailer: X", CHUNKED], "5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
    "hello + X: y",
    { isKept: true },
  ),
  gives("no framing, until the end", ok([], "hello"), "hello", { after: "end", isKept: false }),
  gives("no framing and no body, until the end", ok([]), "", { after: "end", isKept: false }),
  gives("HTTP/1.0, until the end", lines("HTTP/1.0 200 OK", "") + "hello", "hello", {
    after: "end",
    isKept: false,
  }),
  gives("HTTP/1.0 with a length", lines("HTTP/1.0 200 OK", LENGTH_5, "") + "hello", "hello", {
    isKept: false,
  }),
  gives(
    "HTTP/1.0 with a length and keep-alive",
    lines("HTTP/1.0 200 OK", LENGTH_5, "Connection: keep-alive", "") + "hello",
    "hello",
    { isKept: true },
  ),
  gives("Connection: close", ok([LENGTH_5, "Connection: close"], "hello"), "hello", { isKept: false }),
  gives("Connection: close in a list", ok([LENGTH_5, "Connection: x, CLOSE"], "hello"), "hello", {
    isKept: false,
  }),
  gives(
    "bytes behind the body, which are nobody's",
    `${FINAL}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`,
    "hello",
    { isKept: false },
  ),
  gives(
    "bytes behind the chunks, which are nobody's",
    ok([CHUNKED], "5\r\nhello\r\n0\r\n\r\nmore"),
    "hello",
    { isKept: false },
  ),
  gives("a second answer, which is nobody's", FINAL + FINAL, "hello", { isKept: false }),
  gives("a CRLF behind the body, which is nobody's", `${FINAL}\r\n`, "hello", { isKept: false }),
  gives("HEAD with a length", ok([LENGTH_5]), "", { method: "HEAD", isKept: true }),
  gives("HEAD with chunks announced", ok([CHUNKED]), "", { method: "HEAD", isKept: true }),
  gives("HEAD without framing", ok([]), "", { method: "HEAD", isKept: true }),
  gives("HEAD with a body, which is nobody's", FINAL, "", { method: "HEAD", isKept: false }),
  {
    name: "204",
    bytes: lines("HTTP/1.1 204 No Content", ""),
    gives: { status: 204, body: "" },
    isKept: true,
  },
  {
    name: "204 with a body, which is nobody's",
    bytes: lines("HTTP/1.1 204 No Content", LENGTH_5, "") + "hello",
    gives: { status: 204, body: "" },
    isKept: false,
  },
  {
    name: "204 with chunks announced",
    bytes: lines("HTTP/1.1 204 No Content", CHUNKED, ""),
    gives: { status: 204, body: "" },
    isKept: true,
  },
  {
    name: "304",
    bytes: lines("HTTP/1.1 304 Not Modified", ""),
    gives: { status: 304, body: "" },
    isKept: true,
  },
  {
    name: "304 with the length of what it spares",
    bytes: lines("HTTP/1.1 304 Not Modified", LENGTH_5, ""),
    gives: { status: 304, body: "" },
    isKept: true,
  },
  {
    name: "304 with chunks announced",
    bytes: lines("HTTP/1.1 304 Not Modified", CHUNKED, ""),
    gives: { status: 304, body: "" },
    isKept: true,
  },
  {
    name: "205 with a body",
    bytes: lines("HTTP/1.1 205 Reset Content", LENGTH_5, "") + "hello",
    gives: { status: 205, body: "hello" },
  },
  refused("a length and chunks", ok([LENGTH_5, CHUNKED], "0\r\n\r\n")),
  refused("chunks and a length", ok([CHUNKED, LENGTH_5], "5\r\nhello\r\n0\r\n\r\n")),
  refused("two lengths that differ", ok([LENGTH_5, "Content-Length: 6"], "hello!")),
  refused("two lengths that agree", ok([LENGTH_5, LENGTH_5], "hello")),
  refused("a length in a list", ok(["Content-Length: 5, 5"], "hello")),
  refused("an empty length", ok(["Content-Length:"], "hello")),
  refused("a length with a sign", ok(["Content-Length: +5"], "hello")),
  refused("a negative length", ok(["Content-Length: -5"], "hello")),
  refused("a length with a letter", ok(["Content-Length: 5b"], "hello")),
  refused("a length beyond 2^64", ok(["Content-Length: 18446744073709551621"], "hello")),
  refused("gzip, then chunked", ok(["Transfer-Encoding: gzip, chunked"], "0\r\n\r\n")),
  refused("chunked twice", ok([CHUNKED, CHUNKED], "0\r\n\r\n")),
  refused("identity", ok(["Transfer-Encoding: identity", LENGTH_5], "hello")),
  refused("an unknown coding", ok(["Transfer-Encoding: x"], "hello")),
  refused("chunks in HTTP/1.0", lines("HTTP/1.0 200 OK", CHUNKED, "") + "0\r\n\r\n"),
];

const syntax: readonly AnswerCase[] = [
  gives("no reason", lines("HTTP/1.1 200 ", LENGTH_5, "") + "hello", "hello"),
  gives("no reason and no space before it", lines("HTTP/1.1 200", LENGTH_5, "") + "hello", "hello"),
  gives("a reason with high bytes", lines("HTTP/1.1 200 \xe4", LENGTH_5, "") + "hello", "hello"),
  gives("a value with high bytes", ok([LENGTH_5, "X: \xe4"], "hello"), "hello"),
  gives("an empty value", ok([LENGTH_5, "X:"], "hello"), "hello"),
  gives("a thousand bytes of one field", ok([LENGTH_5, `X: ${"a".repeat(1_000)}`], "hello"), "hello"),
  {
    name: "a status that nobody knows",
    bytes: lines("HTTP/1.1 299 Fine", LENGTH_5, "") + "hello",
    gives: { status: 299, body: "hello" },
  },
  {
    name: "a status of the app's own",
    bytes: lines("HTTP/1.1 799 Odd", LENGTH_5, "") + "hello",
    gives: { status: 799, body: "hello" },
  },
  {
    name: "an error of the app's own",
    bytes: lines("HTTP/1.1 503 Busy", LENGTH_5, "") + "hello",
    gives: { status: 503, body: "hello" },
  },
  refused("a status of two digits", lines("HTTP/1.1 20 OK", LENGTH_5, "") + "hello"),
  refused("a status of four digits", lines("HTTP/1.1 2000 OK", LENGTH_5, "") + "hello"),
  refused("a status below 100", lines("HTTP/1.1 099 OK", LENGTH_5, "") + "hello"),
  refused("a status that is no number", lines("HTTP/1.1 2x0 OK", LENGTH_5, "") + "hello"),
  refused("no status", lines("HTTP/1.1", LENGTH_5, "") + "hello"),
  refused("two spaces before the status", lines("HTTP/1.1  200 OK", LENGTH_5, "") + "hello"),
  refused("a tab before the status", lines("HTTP/1.1\t200 OK", LENGTH_5, "") + "hello"),
  refused("version 2.0", lines("HTTP/2.0 200 OK", LENGTH_5, "") + "hello"),
  refused("version 1.2", lines("HTTP/1.2 200 OK", LENGTH_5, "") + "hello"),
  refused("a version in lower case", lines("http/1.1 200 OK", LENGTH_5, "") + "hello"),
  refused("another protocol", lines("ICY 200 OK", LENGTH_5, "") + "hello"),
  refused("a banner", "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
  refused("a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
  refused("an empty line before it", `\r\n${FINAL}`),
  refused("a status line that ends with LF", `HTTP/1.1 200 OK\n${lines(LENGTH_5, "")}hello`),
  refused("all lines that end with LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"),
  refused("a folded value", ok([LENGTH_5, "X: a", " b"], "hello")),
  refused("a space before a colon", ok([LENGTH_5, "X : a"], "hello")),
  refused("a name with a space", ok([LENGTH_5, "X Y: a"], "hello")),
  refused("an empty name", ok([LENGTH_5, ": a"], "hello")),
  refused("a line without a colon", ok([LENGTH_5, "hello"], "hello")),
  refused("a NUL in a value", ok([LENGTH_5, "X: a\0b"], "hello")),
  refused("a CR in a value", ok([LENGTH_5, "X: a\rb"], "hello")),
  refused("a CR in the reason", "HTTP/1.1 200 O\rK\r\nContent-Length: 5\r\n\r\nhello"),
  refused("a DEL in a name", ok([LENGTH_5, "X\x7f: a"], "hello")),
  refused("a head without end", ok([LENGTH_5, `X: ${"a".repeat(300_000)}`], "hello")),
];

const interim = (status: number, ...fields: string[]): string =>
  lines(`HTTP/1.1 ${status} Wait`, ...fields, "");

const interims: readonly AnswerCase[] = [
  {
    name: "100",
    bytes: interim(100) + FINAL,
    gives: { status: 200, body: "hello", interims: [100] },
    isKept: true,
  },
  {
    name: "102",
    bytes: interim(102) + FINAL,
    gives: { status: 200, body: "hello", interims: [102] },
    isKept: true,
  },
  {
    name: "103",
    bytes: interim(103, "Link: </a.css>; rel=preload") + FINAL,
    gives: { status: 200, body: "hello", interims: [103] },
    isKept: true,
  },
  {
    name: "100 and 103",
    bytes: interim(100) + interim(103) + FINAL,
    gives: { status: 200, body: "hello", interims: [100, 103] },
    isKept: true,
  },
  {
    name: "103 for an HTTP/1.0 client, which knows none",
    bytes: interim(103) + FINAL,
    httpVersion: "1.0",
    gives: { status: 200, body: "hello" },
  },
  refused("an interim answer with a body", `${interim(103, LENGTH_5)}hello${FINAL}`),
  refused("interim answers without end", interim(100).repeat(200) + FINAL),
  refused(
    "101 that nobody asked for",
    lines("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket", ""),
  ),
  {
    name: "an interim answer, and then the end",
    bytes: interim(100),
    after: "end",
    gives: { failure: "answer-cut" },
  },
];

const cuts: readonly AnswerCase[] = [
  { name: "nothing, and then the end", bytes: "", after: "end", gives: { failure: "answer-cut" } },
  { name: "nothing, and then a reset", bytes: "", after: "reset", gives: { failure: "answer-cut" } },
  {
    name: "half a status line, and then the end",
    bytes: "HTTP/1.1 2",
    after: "end",
    gives: { failure: "answer-cut" },
  },
  {
    name: "half a head, and then the end",
    bytes: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
    after: "end",
    gives: { failure: "answer-cut" },
  },
  cut("half a body, and then the end", ok([LENGTH_5], "hel"), { after: "end" }),
  cut("half a body, and then a reset", ok([LENGTH_5], "hel"), { after: "reset" }),
  cut("no body, and then the end", ok([LENGTH_5]), { after: "end" }),
  cut("half a chunk, and then the end", ok([CHUNKED], "5\r\nhel"), { after: "end" }),
  cut("no last chunk, and then the end", ok([CHUNKED], "5\r\nhello\r\n"), { after: "end" }),
  cut("half a last chunk, and then the end", ok([CHUNKED], "5\r\nhello\r\n0\r\n"), { after: "end" }),
  cut("half the trailers, and then the end", ok([CHUNKED], "5\r\nhello\r\n0\r\nX: y\r\n"), { after: "end" }),
  cut("no framing, and then a reset", ok([], "hello"), { after: "reset" }),
  cut("chunks for HTTP/1.0, and then the end", ok([CHUNKED], "5\r\nhel"), {
    after: "end",
    httpVersion: "1.0",
  }),
  refused("a malformed chunk size", ok([CHUNKED], "5\r\nhello\r\nx\r\n")),
  refused("a chunk longer than its size", ok([CHUNKED], "4\r\nhello\r\n0\r\n\r\n")),
  refused("a chunk size that ends with LF", ok([CHUNKED], "5\nhello\r\n0\r\n\r\n")),
  refused("a chunk size that overflows", ok([CHUNKED], "10000000000000005\r\nhello\r\n0\r\n\r\n")),
  refused("a malformed trailer", ok([CHUNKED], "5\r\nhello\r\n0\r\nX\r\n\r\n")),
];

const toHttp10: readonly AnswerCase[] = [
  gives("chunks for HTTP/1.0", ok([CHUNKED], "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), "hello world", {
    httpVersion: "1.0",
  }),
  gives("a length for HTTP/1.0", FINAL, "hello", { httpVersion: "1.0" }),
  gives("no framing for HTTP/1.0", ok([], "hello"), "hello", { httpVersion: "1.0", after: "end" }),
];

/** What instances may send. */
export const answerCases: readonly AnswerCase[] = [framing, syntax, interims, cuts, toHttp10]
  .flat()
  .map((each) => ({ ...each, name: `answer: ${each.name}` }));
