import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ChunkedScanner } from "./chunked.ts";

interface Scanned {
  readonly outcome: "whole" | "malformed" | "incomplete";
  /** Bytes that belong to the body. */
  readonly length: number;
  readonly data: string;
}

/** Scans a text in pieces that end at `cuts`. */
function scan(text: string, cuts: readonly number[] = []): Scanned {
  let data = "";
  const scanner = new ChunkedScanner({
    onData: (taken, from, end) => void (data += taken.latin1Slice(from, end)),
  });
  const bytes = Buffer.from(text, "latin1");
  let at = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    if (cut > at) at = scanner.scan(bytes, at, cut);
  }
  const outcome = scanner.isWhole ? "whole" : scanner.isMalformed ? "malformed" : "incomplete";
  return { outcome, length: scanner.isMalformed ? 0 : at, data };
}

const outcome = (text: string): string => scan(text).outcome;

describe("a chunked body", () => {
  it("ends behind its last chunk and its trailers", () => {
    expect(scan("5\r\nhello\r\n0\r\n\r\nGET")).toEqual({ outcome: "whole", length: 15, data: "hello" });
    expect(scan("0\r\n\r\n")).toEqual({ outcome: "whole", length: 5, data: "" });
    const trailers = "1\r\na\r\n00\r\nX-A: 1\r\nX-B:\t2\r\n\r\n";
    expect(scan(`${trailers}rest`)).toEqual({ outcome: "whole", length: trailers.length, data: "a" });
  });

  it("may have sizes in either case and with leading zeros, and extensions", () => {
    expect(scan("00a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n").data).toBe("01234567890123456789a");
    expect(outcome('1;a\r\nx\r\n1;a=b;c="d;\\" e"\r\nx\r\n0;z\r\n\r\n')).toBe("whole");
  });

  it("counts what came and what is announced", () => {
    const scanner = new ChunkedScanner();
    const bytes = Buffer.from("3\r\nabc\r\n10\r\nabcd");
    scanner.scan(bytes, 0, bytes.length);
    expect([scanner.dataBytes, scanner.announcedBytes]).toEqual([7, 19]);
  });

  it("is refused with a malformed size", () => {
    const bad = ["", "g", "-1", "+1", " 1", "1 ", "0x1", "1\t", "\t1", "1.0", "ffffffffffffffff"];
    expect(bad.filter((size) => outcome(`${size}\r\na\r\n0\r\n\r\n`) !== "malformed")).toEqual([]);
    expect(outcome(`${"0".repeat(17)}1\r\na\r\n0\r\n\r\n`)).toBe("malformed");
    expect(outcome("1\na\r\n0\r\n\r\n")).toBe("malformed");
    expect(outcome("1\r\r\na\r\n0\r\n\r\n")).toBe("malformed");
  });

  it("is refused when data is longer or shorter than its size", () => {
    expect(outcome("1\r\nab\r\n0\r\n\r\n")).toBe("malformed");
    expect(outcome("3\r\nab\r\n0\r\n\r\n")).toBe("malformed");
    expect(outcome("1\r\na\n0\r\n\r\n")).toBe("malformed");
    expect(outcome("1\r\na0\r\n\r\n")).toBe("malformed");
  });

  it("is refused with malformed or endless extensions", () => {
    const bad = [";", ";=", ";a=", ';a="', ';a="b', "; a", " ;a", ";a=b c", ";a\x01", ";a\n"];
    expect(bad.filter((extension) => outcome(`1${extension}\r\na\r\n0\r\n\r\n`) !== "malformed")).toEqual([]);
    expect(outcome(`1;${"a".repeat(5_000)}\r\n`)).toBe("malformed");
    expect(outcome(`1;${"a".repeat(50)}\r\na\r\n`.repeat(100))).toBe("malformed");
  });

  it("is refused with trailers that are malformed, too long, or the head's to say", () => {
    const bad = [
      "X",
      ": a",
      "X : a",
      " X: a",
      "X: a\n",
      "X: a\0",
      "Content-Length: 5",
      "transfer-encoding: chunked",
      "Host: b",
      "X-Forwarded-For: 1.2.3.4",
    ];
    expect(bad.filter((trailer) => outcome(`0\r\n${trailer}\r\n\r\n`) !== "malformed")).toEqual([]);
    expect(outcome(`0\r\nX: ${"a".repeat(9_000)}`)).toBe("malformed");
    expect(outcome("0\r\n\n")).toBe("malformed");
  });

  it("is understood the same however it is cut into pieces", () => {
    const chunk = fc
      .string({ minLength: 1, maxLength: 20 })
      .map((data) => Buffer.from(data).toString("latin1"))
      .map((data) => `${data.length.toString(16)}\r\n${data}\r\n`);
    const noise = fc.constantFrom("", "", "", "\r", "\n", "x", "0", "\r\n", ";a", "Content-Length: 1");
    const body = fc
      .tuple(fc.array(chunk, { maxLength: 5 }), noise, fc.constantFrom("0\r\n\r\n", "0\r\nA: b\r\n\r\n", ""))
      .map(([chunks, extra, end]) => chunks.join("") + extra + end);
    fc.assert(
      fc.property(body, fc.array(fc.nat({ max: 150 }), { maxLength: 10 }), (text, cuts) => {
        const inPieces = scan(
          text,
          cuts.map((cut) => Math.min(cut, text.length)),
        );
        const whole = scan(text);
        expect({ outcome: inPieces.outcome, length: inPieces.length }).toEqual({
          outcome: whole.outcome,
          length: whole.length,
        });
        if (whole.outcome === "whole") expect(inPieces.data).toBe(whole.data);
      }),
    );
  });

  it("is understood the same byte by byte", () => {
    const text = '5;a="b"\r\nhello\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n';
    expect(
      scan(
        text,
        Array.from(text, (_, index) => index),
      ),
    ).toEqual(scan(text));
  });
});
