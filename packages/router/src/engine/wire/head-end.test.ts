import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { HEAD_INCOMPLETE, HEAD_MALFORMED, findHeadEnd, nextHeadScan } from "./head-end.ts";

/** Looks for the end byte by byte and four bytes at a time: both must find the same. */
function whole(text: string): number {
  const memory = new Int32Array(Math.ceil(text.length / 4) + 1);
  const bytes = Buffer.from(memory.buffer);
  bytes.write(text, "latin1");
  const end = findHeadEnd(bytes, 0, 0, text.length, memory);
  expect(findHeadEnd(bytes, 0, 0, text.length, undefined)).toBe(end);
  return end;
}

/** What comes in pieces, as a connection reads it: each scan goes on where the last one stopped. */
function inPieces(text: string, cuts: readonly number[]): number {
  let scanned = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), text.length]) {
    const bytes = Buffer.from(text.slice(0, cut), "latin1");
    const end = findHeadEnd(bytes, 0, scanned, bytes.length, undefined);
    if (end !== HEAD_INCOMPLETE) return end;
    scanned = nextHeadScan(bytes, bytes.length);
  }
  return HEAD_INCOMPLETE;
}

describe("the end of a head", () => {
  it("is behind the first empty line", () => {
    expect(whole("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n")).toBe(27);
    expect(whole("GET / HTTP/1.1\r\nHost: a\r\n")).toBe(HEAD_INCOMPLETE);
    expect(whole("GET / HTTP/1.1\r\nHost: a\r\n\r")).toBe(HEAD_INCOMPLETE);
    expect(whole("")).toBe(HEAD_INCOMPLETE);
  });

  it("is looked for from the head's own start", () => {
    const bytes = Buffer.from("\r\nGET / HTTP/1.1\r\n\r\n");
    expect(findHeadEnd(bytes, 2, 2, bytes.length, undefined)).toBe(bytes.length);
  });

  it("is not looked for behind a control character, a bare CR or a bare LF", () => {
    const bad = ["\0", "\x01", "\x0b", "\x1f", "\x7f", "\n", "\r", "\n\n", "\r\r\n"];
    // At every place within a word.
    for (const before of ["", "x", "xx", "xxx"]) {
      const taken = bad.filter(
        (text) => whole(`GET / HTTP/1.1\r\nA: b${before}${text}c\r\n\r\n`) !== HEAD_MALFORMED,
      );
      expect(taken).toEqual([]);
    }
    expect(whole("\x16\x03\x01\x02")).toBe(HEAD_MALFORMED);
  });

  it("may lie behind tabs and bytes above 0x7f", () => {
    expect(whole("GET / HTTP/1.1\r\nA:\tb\xe4\xff\r\n\r\n")).toBe(26);
  });

  it("is the same however the head is cut into pieces", () => {
    const piece = fc.constantFrom("\r\n", "\r\n\r\n", "\r", "\n", "a", "Host: x", "\t", "\x7f", "\xff", "");
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 60 }), { maxLength: 8 }), (head, cuts) => {
        expect(
          inPieces(
            head,
            cuts.map((cut) => Math.min(cut, head.length)),
          ),
        ).toBe(whole(head));
      }),
    );
  });
});
