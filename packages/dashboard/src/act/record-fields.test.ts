import { describe, expect, it } from "vitest";

import { fieldAt, withField } from "./record-fields.ts";

const RECORD = { to: [{ app: "shop" }], timeouts: { connectMs: 5, future: 1 }, labels: { a: "b" } };

describe("a field of a record", () => {
  it("is read, and nothing where there is none", () => {
    expect(fieldAt(RECORD, ["timeouts", "connectMs"])).toBe(5);
    expect(fieldAt(RECORD, ["https", "redirect"])).toBeUndefined();
    expect(fieldAt(RECORD, ["to", "app"])).toBeUndefined();
  });

  it("is changed in its place, made, and taken out with what is empty then", () => {
    const changed = withField(RECORD, ["timeouts", "connectMs"], 7);
    expect(JSON.stringify(changed)).toBe(JSON.stringify(RECORD).replace("5", "7"));
    expect(withField(RECORD, ["https", "redirect"], true)).toEqual({ ...RECORD, https: { redirect: true } });
    expect(withField(RECORD, ["timeouts", "connectMs"], undefined)).toEqual({
      ...RECORD,
      timeouts: { future: 1 },
    });
    expect(withField({ retries: { attempts: 2 } }, ["retries", "attempts"], undefined)).toEqual({});
  });
});
