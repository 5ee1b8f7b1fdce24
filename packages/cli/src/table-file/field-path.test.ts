import { parseRoute, parseSettings } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { fieldPath } from "./field-path.ts";

function reasonOf(record: object): string {
  const parsed = parseRoute(JSON.stringify(record));
  return parsed.ok ? "" : parsed.reason;
}

describe("fieldPath", () => {
  it("finds the field that a reason of the schemas begins with", () => {
    expect(fieldPath(reasonOf({ to: [{ app: "a", weight: -1 }] }))).toEqual(["to", 0, "weight"]);
    expect(fieldPath(reasonOf({}))).toEqual(["to"]);
    expect(fieldPath(reasonOf({ to: [{ app: "a" }], labels: { "a b.c": 1 } }))).toEqual(["labels", "a b.c"]);
    const parsed = parseSettings('{"timeouts": {"connectMs": 0}}');
    expect(fieldPath(parsed.ok ? "" : parsed.reason)).toEqual(["timeouts", "connectMs"]);
  });

  it("finds none in a reason about the whole record", () => {
    expect(fieldPath("not JSON: Unexpected token")).toEqual([]);
    expect(fieldPath("Invalid input: expected object, received array")).toEqual([]);
  });
});
