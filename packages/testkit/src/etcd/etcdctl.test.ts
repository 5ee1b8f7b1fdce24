import { describe, expect, it } from "vitest";

import { isEtcdctlThere } from "./etcdctl.ts";

describe("isEtcdctlThere", () => {
  it("lets tests be skipped where there is no etcdctl, but not on CI", () => {
    expect(isEtcdctlThere({ PATH: "/nowhere" })).toBe(false);
    expect(() => isEtcdctlThere({ PATH: "/nowhere", CI: "true" })).toThrow("no etcdctl");
  });
});
