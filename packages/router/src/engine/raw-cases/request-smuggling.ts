// Bytes that were seen to be two requests for one server and one for another.

import { type RequestCase, chunked, get, lines, post, reads, refuses } from "./raw-case.ts";

const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n";
const CHUNKED = "Transfer-Encoding: chunked";

const lengthAndChunks: readonly RequestCase[] = [
  refuses("CL.TE", post(["Content-Length: 6", CHUNKED], "0\r\n\r\nG")),
  refuses("TE.CL", post([CHUNKED, "Content-Length: 4"], `2c\r\n${SMUGGLED}\r\n0\r\n\r\n`)),
  refuses(
    "TE.TE with a space before the colon",
    post([CHUNKED, "Transfer-Encoding : x"], `0\r\n\r\n${SMUGGLED}`),
  ),
  refuses("TE.TE with an unknown coding", post([CHUNKED, "Transfer-Encoding: x"], `0\r\n\r\n${SMUGGLED}`)),
  refuses("TE.TE with a folded coding", post(["Transfer-Encoding:", " chunked"], `0\r\n\r\n${SMUGGLED}`)),
  refuses(
    "TE.TE with a tab before the colon",
    post(["Transfer-Encoding\t: chunked"], `0\r\n\r\n${SMUGGLED}`),
  ),
  refuses("a coding behind a bare CR", post(["X: y\rTransfer-Encoding: chunked"], `0\r\n\r\n${SMUGGLED}`)),
  refuses("a coding behind a bare LF", post(["X: y\nTransfer-Encoding: chunked"], `0\r\n\r\n${SMUGGLED}`)),
  refuses("a length behind a bare LF", post([`X: y\nContent-Length: ${SMUGGLED.length}`], SMUGGLED)),
  refuses("a length behind a NUL", post([`X: y\0Content-Length: ${SMUGGLED.length}`], SMUGGLED)),
  refuses("a length with a NUL in its name", post([`Content-Length\0: ${SMUGGLED.length}`], SMUGGLED)),
  refuses("a length with a space before it", post([` Content-Length: ${SMUGGLED.length}`], SMUGGLED)),
  refuses("a length with a space in its name", post([`Content -Length: ${SMUGGLED.length}`], SMUGGLED)),
  refuses("a length with a control character in its name", post([`Content-Length\x01: 5`], "hello")),
  refuses("a length with a high byte in its name", post([`\xffContent-Length: 5`], "hello")),
  refuses("a length with a parenthesis in its name", post([`Content-Length(: 5`], "hello")),
  refuses("a length without a name", post([`: ${SMUGGLED.length}`], SMUGGLED)),
  refuses("a length without a colon", post([`Content-Length ${SMUGGLED.length}`], SMUGGLED)),
  refuses(
    "a length on the request line's next line, folded",
    lines("POST / HTTP/1.1", "\tContent-Length: 5", "Host: a", "") + "hello",
  ),
  reads(
    "a length that underscores write, which is another field",
    post([`Content_Length: ${SMUGGLED.length}`]),
    ["POST /"],
  ),
  reads(
    "a coding that underscores write, which is another field",
    post(["Transfer_Encoding: chunked", "Content-Length: 5"], "0\r\n\r\n"),
    ["POST / 0\r\n\r\n"],
  ),
  reads(
    "a length that Connection names, which stays all the same",
    post(["Connection: Content-Length", "Content-Length: 5"], "hello"),
    ["POST / hello"],
  ),
  reads(
    "a coding that Connection names, which stays all the same",
    post(["Connection: Transfer-Encoding", CHUNKED], "5\r\nhello\r\n0\r\n\r\n"),
    ["POST / hello"],
  ),
  reads("a Host that Connection names, which stays all the same", get("Connection: Host"), ["GET /"]),
  reads("a GET with a body that is a request", `${get(`Content-Length: ${SMUGGLED.length}`)}${SMUGGLED}`, [
    `GET / ${SMUGGLED}`,
  ]),
  reads(
    "a DELETE with chunks that are a request",
    `${lines("DELETE / HTTP/1.1", "Host: a", CHUNKED, "")}${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    [`DELETE / ${SMUGGLED}`],
  ),
  reads(
    "a HEAD with a body that is a request",
    `${lines("HEAD / HTTP/1.1", "Host: a", `Content-Length: ${SMUGGLED.length}`, "")}${SMUGGLED}`,
    [`HEAD / ${SMUGGLED}`],
  ),
];

const chunks: readonly RequestCase[] = [
  refuses("a chunk size that overflows to 0", chunked(`10000000000000000\r\n${SMUGGLED}`)),
  refuses(
    "a chunk size that overflows 32 bits and more",
    chunked(`100000000000000000000005\r\nhello\r\n0\r\n\r\n${SMUGGLED}`),
  ),
  refuses(
    "a chunk size with trailing garbage that some cut off",
    chunked(`5xyz\r\nhello\r\n0\r\n\r\n${SMUGGLED}`),
  ),
  refuses("a chunk extension that hides a line end", chunked(`5;\nxx\r\nhello\r\n0\r\n\r\n${SMUGGLED}`)),
  refuses("a chunk extension that hides a CR", chunked(`0;\rxx\r\n\r\n${SMUGGLED}`)),
  refuses("a chunk whose end is two other bytes", chunked(`5\r\nhello??0\r\n\r\n${SMUGGLED}`)),
  refuses("a chunk whose end is LF CR", chunked(`5\r\nhello\n\r0\r\n\r\n${SMUGGLED}`)),
  refuses("a last chunk with data", chunked(`0\r\nhello\r\n\r\n${SMUGGLED}`)),
  refuses("a trailer without a colon", chunked(`0\r\nX\r\n\r\n${SMUGGLED}`)),
  refuses("a trailer that ends with LF", chunked(`0\r\nX: y\n\r\n${SMUGGLED}`)),
  refuses("a trailer section that ends with LF", chunked(`0\r\nX: y\r\n\n${SMUGGLED}`)),
  refuses(
    "a trailer that sets a length",
    chunked(`0\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`),
  ),
  refuses("a trailer that sets a coding", chunked(`0\r\nTransfer-Encoding: chunked\r\n\r\n${SMUGGLED}`)),
];

const heads: readonly RequestCase[] = [
  refuses("two Hosts", get("Host: b.example")),
  refuses("two Hosts that agree", get("Host: a.example")),
  refuses("a second Host behind a bare LF", get("X: y\nHost: b.example")),
  refuses(
    "a second Host, folded",
    lines("GET / HTTP/1.1", "X: y", " Host: b.example", "Host: a.example", ""),
  ),
  refuses("a second Host with a space before its colon", get("Host : b.example")),
  refuses(
    "a second request line behind a bare CR",
    "GET / HTTP/1.1\rGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
  ),
  refuses("a request line in a request line", "GET / HTTP/1.1 GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
  refuses("a request line with a NUL", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
  refuses(
    "a head that ends with LF LF",
    "GET / HTTP/1.1\r\nHost: a\n\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
  ),
  refuses("a head that ends with LF CRLF", "GET / HTTP/1.1\r\nHost: a\n\r\n"),
  refuses("a head that ends with CRLF LF", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
  refuses("a head that ends with CR CR", "GET / HTTP/1.1\r\nHost: a\r\r"),
  refuses("a head whose last line ends with CR CRLF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
  refuses("a field value with a CR that hides another", get("X: a\rHost: b.example")),
  refuses("an h2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  reads(
    "an h2c upgrade, which is not let through",
    get("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    ["GET /"],
  ),
  refuses("a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaa"),
  refuses("CONNECT", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"),
  refuses("CONNECT with a path", "CONNECT /x HTTP/1.1\r\nHost: a.example\r\n\r\n"),
];

/** Bytes that were seen to be two requests for one server and one for another. */
export const requestSmuggling: readonly RequestCase[] = [...lengthAndChunks, ...chunks, ...heads];
