import { describe, expect, it } from "vitest";

import { headText } from "./fake-wire.ts";
import { type AnswerHead, readAnswerHead } from "./read-answer-head.ts";

function read(...lines: string[]): AnswerHead {
  const head = readAnswerHead(headText(`${lines.join("\r\n")}\r\n\r\n`));
  if (typeof head === "string") throw new Error(head);
  return head;
}

const isRefused = (...lines: string[]): boolean =>
  typeof readAnswerHead(headText(`${lines.join("\r\n")}\r\n\r\n`)) === "string";

describe("an answer's head", () => {
  it("is read with status, reason and fields", () => {
    expect(read("HTTP/1.1 404 Not  Found at all", "Set-Cookie: a", "set-cookie: b")).toMatchObject({
      status: 404,
      reason: "Not  Found at all",
      rawHeaders: ["Set-Cookie", "a", "set-cookie", "b"],
      contentLength: -1,
      isChunked: false,
      persists: true,
    });
    expect(read("HTTP/1.1 200 OK")).toMatchObject({ status: 200, reason: "OK", rawHeaders: [] });
  });

  it("may have an empty reason, and none", () => {
    expect(read("HTTP/1.1 200 ").reason).toBe("");
    expect(read("HTTP/1.1 200").reason).toBe("");
  });

  it("tells whether the connection persists", () => {
    expect(read("HTTP/1.1 200 OK", "Connection: close").persists).toBe(false);
    expect(read("HTTP/1.0 200 OK").persists).toBe(false);
    expect(read("HTTP/1.0 200 OK", "Connection: keep-alive", "Keep-Alive: timeout=5")).toMatchObject({
      persists: true,
      keepAlive: "timeout=5",
    });
  });

  it("tells the protocol that it upgrades to", () => {
    expect(read("HTTP/1.1 101 x", "Connection: Upgrade", "Upgrade: websocket").upgrade).toBe("websocket");
    expect(read("HTTP/1.1 101 x", "Upgrade: websocket").upgrade).toBe(undefined);
  });

  it("is refused when it is ambiguous or none", () => {
    const lines = [
      "HTTP/1.1 20 OK",
      "HTTP/1.1 2000 OK",
      "HTTP/1.1 099 OK",
      "HTTP/1.1  200 OK",
      "HTTP/1.1 200OK",
      "HTTP/2 200 OK",
      "HTTP/1.2 200 OK",
      "http/1.1 200 OK",
      "ICY 200 OK",
      "",
    ];
    expect(lines.filter((line) => !isRefused(line))).toEqual([]);
    expect(isRefused("HTTP/1.1 200 OK", "Content-Length: 1", "Transfer-Encoding: chunked")).toBe(true);
    expect(isRefused("HTTP/1.1 200 OK", "Content-Length: 1", "Content-Length: 1")).toBe(true);
    expect(isRefused("HTTP/1.1 200 OK", "Content-Length: -1")).toBe(true);
    expect(isRefused("HTTP/1.1 200 OK", "Transfer-Encoding: gzip, chunked")).toBe(true);
    expect(isRefused("HTTP/1.0 200 OK", "Transfer-Encoding: chunked")).toBe(true);
    expect(isRefused("HTTP/1.1 200 OK", " folded")).toBe(true);
  });
});
