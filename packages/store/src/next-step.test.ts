import { describe, expect, it } from "vitest";

import { nextStep } from "./next-step.ts";

describe("nextStep", () => {
  it.each(["compacted", "went-back", "cluster-changed", "follower-failed"] as const)(
    "lists again, at the same endpoint, after %s",
    (reason) => {
      expect(nextStep(reason)).toEqual({ list: reason, isElsewhere: false });
    },
  );

  it.each(["unreachable", "failed", "silent", "behind"] as const)(
    "resumes at another endpoint after %s",
    (reason) => {
      expect(nextStep(reason)).toEqual({ list: undefined, isElsewhere: true });
    },
  );

  it("stays where it is when the rights are missing", () => {
    expect(nextStep("denied")).toEqual({ list: undefined, isElsewhere: false });
  });
});
