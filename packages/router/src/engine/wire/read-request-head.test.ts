import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { headText } from "./fake-wire.ts";
import { TOO_MANY_FIELDS } from "./read-fields.ts";
import { type RequestHeadRead, readRequestHead } from "./read-request-head.ts";

function read(...lines: string[]): RequestHeadRead {
  const head = readRequestHead(headText(`${lines.join("\r\n")}\r\n\r\n`), 100);
  if (typeof head === "string") throw new Error(head);
  return head;
}

function reason(...lines: string[]): string {
  const head = readRequestHead(headText(`${lines.join("\r\n")}\r\n\r\n`), 100);
  return typeof head === "string" ? head : "read";
}

const GET = "GET / HTTP/1.1";
const POST = "POST / HTTP/1.1";
const HOST = "Host: a";

describe("a request head", () => {
  it("is read with nothing decoded, joined or dropped", () => {
    expect(read("GET /a?b=%20 HTTP/1.1", HOST, "Cookie: a", "cookie:\tb \t", "Empty:")).toMatchObject({
      method: "GET",
      target: "/a?b=%20",
      httpVersion: "1.1",
      rawHeaders: ["Host", "a", "Cookie", "a", "cookie", "b", "Empty", ""],
      hasBody: false,
      isUpgrade: false,
      persists: true,
    });
  });

  it("tells its framing", () => {
    expect(read(POST, HOST, "content-LENGTH: 12")).toMatchObject({ contentLength: 12, hasBody: true });
    expect(read(POST, HOST, "Content-Length: 0")).toMatchObject({ contentLength: 0, hasBody: false });
    expect(read(POST, HOST, "Content-Length: 0012")).toMatchObject({ contentLength: 12 });
    expect(read(POST, HOST, "Transfer-Encoding: Chunked")).toMatchObject({ isChunked: true, hasBody: true });
    expect(read(POST, HOST)).toMatchObject({ contentLength: -1, isChunked: false, hasBody: false });
  });

  it("tells whether the connection persists", () => {
    expect(read(GET, HOST, "Connection: close").persists).toBe(false);
    expect(read(GET, HOST, "Connection: x, CLOSE").persists).toBe(false);
    expect(read(GET, HOST, "Connection: keep-alive", "Connection: close").persists).toBe(false);
    expect(read("GET / HTTP/1.0").persists).toBe(false);
    expect(read("GET / HTTP/1.0", "Connection: Keep-Alive").persists).toBe(true);
  });

  it("tells an upgrade only with both fields, and not in HTTP/1.0", () => {
    expect(read(GET, HOST, "Connection: Upgrade", "Upgrade: websocket").isUpgrade).toBe(true);
    expect(read(GET, HOST, "Connection: keep-alive, upgrade", "Upgrade: websocket").isUpgrade).toBe(true);
    expect(read(GET, HOST, "Upgrade: websocket").isUpgrade).toBe(false);
    expect(read(GET, HOST, "Connection: Upgrade").isUpgrade).toBe(false);
    expect(read("GET / HTTP/1.0", "Connection: Upgrade", "Upgrade: websocket").isUpgrade).toBe(false);
  });

  it("tells expectations and trailers", () => {
    expect(read(POST, HOST, "Expect: 100-Continue").expectsContinue).toBe(true);
    expect(read(POST, HOST, "Expect: 100-continue, x").expectsContinue).toBe(false);
    expect(read("POST / HTTP/1.0", "Expect: 100-continue").expectsContinue).toBe(false);
    expect(read(POST, HOST, "Connection: TE", "TE: gzip, trailers").takesTrailers).toBe(true);
    expect(read(POST, HOST, "Connection: TE", "TE: notrailersx").takesTrailers).toBe(false);
  });

  it("is refused with a reason", () => {
    expect(reason(GET)).toBe("Host is missing");
    expect(reason(GET, HOST, "hOST: a")).toBe("Host is repeated");
    expect(reason(POST, HOST, "Content-Length: 1", "Content-Length: 1")).toBe("Content-Length is repeated");
    expect(reason(POST, HOST, "Content-Length: 1", "Transfer-Encoding: chunked")).toBe(
      "Content-Length and Transfer-Encoding stand together",
    );
    expect(reason("GET / HTTP/1.2", HOST)).toBe("the request line's end is malformed");
    expect(reason("GET  / HTTP/1.1", HOST)).toBe("the request's target is malformed");
    expect(reason("get / HTTP/1.1", HOST)).toBe("the request's method is malformed");
    expect(reason(GET, HOST, "A : b")).toBe("a header field's name is malformed");
    expect(reason(GET, HOST, " folded")).toBe("a header field's name is malformed");
  });

  it("is refused with more fields than may be, for another reason", () => {
    const lines = Array.from({ length: 101 }, (_, index) => `X-${index}: a`);
    expect(reason(GET, HOST, ...lines)).toBe(TOO_MANY_FIELDS);
    expect(reason(GET, HOST, ...lines.slice(0, 99))).toBe("read");
  });

  it("is a head or a reason whatever the text, and its fields are in the text", () => {
    const line = fc.oneof(
      fc.constantFrom(GET, POST, HOST, "A:b", " x", "Content-Length: 1", "Transfer-Encoding: chunked", ":"),
      fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, "")),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const text = `${lines.join("\r\n")}\r\n\r\n`;
        const head = readRequestHead(headText(text), 100);
        if (typeof head === "string") return;
        for (const part of [head.method, head.target, ...head.rawHeaders]) expect(text).toContain(part);
        expect(head.hasBody && head.isChunked && head.contentLength !== -1).toBe(false);
      }),
    );
  });
});
