import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { headText } from "./fake-wire.ts";
import { readFields } from "./read-fields.ts";
import { answerLines, isAnswerMark } from "../../request/answer-fields.ts";
import { FieldLines, flatFields, linesOf } from "../../request/field-lines.ts";
import { isRequestMark, readRequestFields } from "../../request/request-fields.ts";

function read(text: string, isMark: typeof isRequestMark = isRequestMark): FieldLines {
  const fields = readFields(headText(`${text}\r\n`), 0, { isMark, maxFields: 100 });
  if (typeof fields === "string") throw new Error(fields);
  return fields.lines;
}

const ALL = { passes: () => true };
const NAMES = [
  "Host",
  "Accept",
  "COOKIE",
  "connection",
  "Keep-Alive",
  "Via",
  "X-Forwarded-For",
  "x-forwarded-what",
  "X_Forwarded_For",
  "X-Request-Id",
  "Content_Length",
  "Forwarded",
  "Proxy",
  "Date",
  "Content-Type",
  "Set-Cookie",
  "X-Hint",
  "Upgrade",
  "X-Wayleave-Error",
];

/** Lines as clients write them, and as they should not. */
const lines = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(...NAMES), fc.stringMatching(/^[A-Za-z_-]{1,14}$/)),
      fc.constantFrom(": ", ":", ":  ", ":\t", ": \t"),
      fc.constantFrom("", "x", "a: b", "close, X-Hint", "1.1 wl-1", "x y"),
      fc.constantFrom("", " ", "\t "),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.map((part) => `${part.join("")}\r\n`).join(""));

describe("the lines of a head", () => {
  it("go on as they came, but for those that are written anew or left out", () => {
    const text = "A: 1\r\nB:2\r\nC: 3\r\nVia: 1.1 x\r\nD: \r\nE:\t5 \r\n";
    expect(read(text).pass(ALL)).toBe("A: 1\r\nB: 2\r\nC: 3\r\nVia: 1.1 x\r\nD: \r\nE: 5\r\n");
    expect(read(text).pass({ passes: (name) => name !== "Via" && name !== "B" })).toBe(
      "A: 1\r\nC: 3\r\nD: \r\nE: 5\r\n",
    );
    expect(read("Via: 1.1 x\r\n").pass({ passes: () => false })).toBe("");
    expect(read("").pass(ALL)).toBe("");
  });

  it("are the same whether they came as text or one by one", () => {
    fc.assert(
      fc.property(lines, (text) => {
        const flat = read(text).flat();
        expect(read(text).pass(ALL)).toBe(linesOf(flat));
        expect(flatFields(linesOf(flat))).toEqual(flat);
      }),
    );
  });

  it("mean the same to a request, whether they came as text or one by one", () => {
    const head = {
      method: "GET",
      target: "/",
      httpVersion: "1.0",
      hasBody: false,
      isUpgrade: false,
    } as const;
    fc.assert(
      fc.property(lines, fc.boolean(), (text, isTrusted) => {
        const asText = read(text);
        const rawHeaders = asText.flat();
        const reader = { isTrusted, pseudonym: "wl-1" };
        expect(readRequestFields({ ...head, rawHeaders, lines: asText }, reader)).toEqual(
          readRequestFields({ ...head, rawHeaders }, reader),
        );
      }),
    );
  });

  it("mean the same to an answer, whether they came as text or one by one", () => {
    const additions = {
      httpVersion: "1.1" as const,
      requestId: "id",
      pseudonym: "wl-1",
      now: () => 0,
      setCookie: undefined,
    };
    fc.assert(
      fc.property(lines, (text) => {
        const asText = read(text, isAnswerMark);
        expect(answerLines(asText, additions)).toBe(answerLines(FieldLines.of(asText.flat()), additions));
      }),
    );
  });
});
