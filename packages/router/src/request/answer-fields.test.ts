import { describe, expect, it } from "vitest";

import { answerLines } from "./answer-fields.ts";
import { FieldLines, flatFields } from "./field-lines.ts";

type Additions = Parameters<typeof answerLines>[1];

function answerFields(flat: readonly string[], given: Additions): string[] {
  return flatFields(answerLines(FieldLines.of(flat), given));
}

const additions = {
  httpVersion: "1.1" as const,
  requestId: "id-1",
  pseudonym: "wl-1",
  now: () => 0,
  setCookie: undefined,
};

describe("the fields of an answer", () => {
  it("are passed on in their order and case, duplicates too, and ours are added", () => {
    const fields = ["SERVER", "x", "Set-Cookie", "a=1", "Date", "then", "set-cookie", "b=2"];
    expect(answerFields(fields, additions)).toEqual([...fields, "Via", "1.1 wl-1", "X-Request-Id", "id-1"]);
  });

  it("get the Date that they lack, and the affinity cookie", () => {
    expect(answerFields([], { ...additions, setCookie: "c=1" })).toEqual(
      ["Date", "Thu, 01 Jan 1970 00:00:00 GMT", "Set-Cookie", "c=1", "Via", "1.1 wl-1", "X-Request-Id", "id-1"], // prettier-ignore
    );
  });

  it("tell which router it passed, and what the instance spoke", () => {
    const passed = answerFields([], { ...additions, httpVersion: "2.0" });
    expect(passed[passed.indexOf("Via") + 1]).toBe("2.0 wl-1");
  });

  it("that are for one connection only, or ours alone to set, are dropped", () => {
    const fields = [
      ["Connection", "close, X-Hint, Set-Cookie"],
      ["X-Hint", "1"],
      ["Keep-Alive", "timeout=5"],
      ["Transfer-Encoding", "chunked"],
      ["content-length", "3"],
      ["Upgrade", "websocket"],
      ["X-Wayleave-Error", "no-instances"],
      ["X-Request-Id", "the app's"],
      ["Date", "then"],
      ["Set-Cookie", "a=1"],
      ["Via", "1.1 inner"],
      ["Trailer", "x-sum"],
    ];
    expect(answerFields(fields.flat(), additions)).toEqual(
      ["Date", "then", "Set-Cookie", "a=1", "Via", "1.1 inner", "Trailer", "x-sum", "Via", "1.1 wl-1", "X-Request-Id", "id-1"], // prettier-ignore
    );
  });
});
