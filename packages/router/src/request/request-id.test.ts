import { describe, expect, it } from "vitest";

import { requestIdFor } from "./request-id.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("a request id", () => {
  it("is what a trusted proxy said", () => {
    expect(requestIdFor("Root=1-67891233-abcdef012345678912345678")).toBe(
      "Root=1-67891233-abcdef012345678912345678",
    );
  });

  it("is made anew each time when none was said, or nothing sane", () => {
    const made = new Set([undefined, undefined, "", "a b", "<script>", "x".repeat(129)].map(requestIdFor));
    expect(made.size).toBe(6);
    for (const id of made) expect(id).toMatch(UUID);
  });

  it("is never the same twice, and of version 4", () => {
    const made = Array.from({ length: 1_000 }, () => requestIdFor(undefined));
    expect(new Set(made).size).toBe(1_000);
    expect(made.filter((id) => !UUID.test(id))).toEqual([]);
  });
});
