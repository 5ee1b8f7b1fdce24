import { keysUnder } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { batches } from "./batches.ts";
import { planChanges } from "./plan-changes.ts";
import { readTableFile } from "./read-table-file.ts";

const keys = keysUnder();

function changes(count: number, label = "") {
  const routes = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `h${index}.example.com`,
      { to: [{ app: "a" }], labels: { label } },
    ]),
  );
  return planChanges(readTableFile(JSON.stringify({ routes }), "t.json", keys), {
    records: [],
    keys,
    isPruning: false,
  });
}

describe("batches", () => {
  it("keeps up to 128 changes in one transaction", () => {
    expect(batches([])).toEqual([]);
    expect(batches(changes(128)).map((batch) => batch.length)).toEqual([128]);
    expect(batches(changes(129)).map((batch) => batch.length)).toEqual([128, 1]);
  });

  it("starts a new one before etcd's limit of bytes, in order", () => {
    const all = changes(5, "x".repeat(400_000));
    const parts = batches(all);
    expect(parts.map((batch) => batch.length)).toEqual([2, 2, 1]);
    expect(parts.flat()).toEqual(all);
  });
});
