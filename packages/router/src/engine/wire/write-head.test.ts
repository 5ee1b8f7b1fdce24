import { describe, expect, it } from "vitest";

import { headText } from "./fake-wire.ts";
import { type RequestHeadRead, readRequestHead } from "./read-request-head.ts";
import { answerHeadText, requestHeadText } from "./write-head.ts";

function read(...lines: string[]): RequestHeadRead {
  const head = readRequestHead(headText(["POST /a HTTP/1.1", "Host: a", ...lines, "", ""].join("\r\n")), 100);
  if (typeof head === "string") throw new Error(head);
  return head;
}

function written(head: RequestHeadRead, lines: string, upgrade?: string): string[] {
  return requestHeadText(head, { target: "/a", upgrade, requestLines: () => lines }).split("\r\n");
}

describe("a request's head to an instance", () => {
  it("has the framing that was read, and no other", () => {
    expect(written(read("Content-Length: 007"), "Host: a\r\n")).toEqual([
      "POST /a HTTP/1.1",
      "Host: a",
      "Content-Length: 7",
      "",
      "",
    ]);
    expect(written(read("Transfer-Encoding: chunked"), "Host: a\r\n")).toEqual([
      "POST /a HTTP/1.1",
      "Host: a",
      "Transfer-Encoding: chunked",
      "",
      "",
    ]);
    expect(written(read(), "Host: a\r\n")).toEqual(["POST /a HTTP/1.1", "Host: a", "", ""]);
  });

  it("asks for an upgrade only when that was granted", () => {
    expect(written(read("Connection: Upgrade", "Upgrade: websocket"), "")).toHaveLength(3);
    expect(written(read(), "", "websocket").slice(1, 3)).toEqual([
      "Connection: Upgrade",
      "Upgrade: websocket",
    ]);
  });

  it("passes on what the client expects and takes", () => {
    expect(written(read("Expect: 100-continue", "Content-Length: 1"), "")).toContain("Expect: 100-continue");
    expect(written(read("Expect: 100-continue"), "")).not.toContain("Expect: 100-continue");
    expect(written(read("Connection: TE", "TE: trailers"), "").slice(1, 3)).toEqual([
      "Connection: TE",
      "TE: trailers",
    ]);
  });
});

describe("an answer's head to a client", () => {
  it("has a reason even where the instance gave none", () => {
    expect(answerHeadText({ status: 404, reason: "" }, "X: y\r\n", "", "close").split("\r\n")).toEqual([
      "HTTP/1.1 404 Not Found",
      "X: y",
      "Connection: close",
      "",
      "",
    ]);
    expect(answerHeadText({ status: 299, reason: "Fine" }, "", "Content-Length: 0\r\n", "")).toBe(
      "HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n",
    );
  });
});
