import { describe, expect, it } from "vitest";

import { Body } from "./body.ts";

const BYTES = Buffer.from("hello world");

describe("a body", () => {
  it("of a length takes so many bytes, and no more", () => {
    const body = new Body("length", 7);
    expect([body.take(BYTES, 0, 5), body.isWhole, body.dataBytes, body.announcedBytes]).toEqual([
      5,
      false,
      5,
      7,
    ]);
    expect([body.take(BYTES, 5, 11), body.isWhole, body.dataBytes]).toEqual([7, true, 7]);
  });

  it("of no length takes nothing", () => {
    const body = new Body("none", 0);
    expect([body.take(BYTES, 0, 5), body.isWhole, body.dataBytes]).toEqual([0, true, 0]);
  });

  it("until close takes all, and is never whole by itself", () => {
    const body = new Body("until-close", 0);
    expect([body.take(BYTES, 0, 11), body.isWhole, body.dataBytes]).toEqual([11, false, 11]);
  });

  it("in chunks ends with them", () => {
    const body = new Body("chunked", 0);
    const bytes = Buffer.from("1\r\na\r\n0\r\n\r\nrest");
    expect([body.take(bytes, 0, bytes.length), body.isWhole, body.dataBytes]).toEqual([11, true, 1]);
    const bad = new Body("chunked", 0);
    bad.take(BYTES, 0, 11);
    expect([bad.isMalformed, bad.isWhole]).toEqual([true, false]);
  });
});
