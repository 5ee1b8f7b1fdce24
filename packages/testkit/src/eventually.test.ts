import { expect, it } from "vitest";

import { eventually } from "./eventually.ts";

it("resolves with what the check returns once it does not throw", async () => {
  let calls = 0;
  const result = await eventually(() => {
    calls += 1;
    if (calls < 3) throw new Error("not yet");
    return calls;
  });
  expect(result).toBe(3);
});

it("rejects with what was waited for and the last error", async () => {
  const never = eventually(() => Promise.reject(new Error("still dark")), {
    withinMs: 30,
    what: "the light",
  });
  await expect(never).rejects.toThrow("the light did not hold within 30 ms: still dark");
});

it("does not wait for a check that hangs", async () => {
  const hangs = eventually(() => new Promise(() => {}), { withinMs: 30 });
  await expect(hangs).rejects.toThrow("the check never came to an end");
});
