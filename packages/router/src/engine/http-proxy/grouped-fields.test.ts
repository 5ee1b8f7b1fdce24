import { expect, it } from "vitest";

import { groupFields } from "./grouped-fields.ts";

it("fields that came more than once are grouped under their first spelling, in order", () => {
  expect(groupFields(["A", "1", "B", "2", "a", "3", "C", "4", "A", "5"])).toEqual({
    A: ["1", "3", "5"],
    B: "2",
    C: "4",
  });
  expect(groupFields([])).toEqual({});
});
