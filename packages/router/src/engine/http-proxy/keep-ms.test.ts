import { expect, it } from "vitest";

import { keepMs } from "./keep-ms.ts";

it("a connection is kept a second less than its instance says, and 30 s at most", () => {
  expect(keepMs("timeout=5")).toBe(4_000);
  expect(keepMs("max=100, timeout=5")).toBe(4_000);
  expect(keepMs("timeout=1")).toBe(1);
  expect(keepMs("timeout=600")).toBe(30_000);
  for (const none of [undefined, "", "max=5", "xtimeout=5", ["timeout=5"]]) expect(keepMs(none)).toBe(30_000);
});
