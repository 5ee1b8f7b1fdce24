import { hostname } from "node:os";

import { parseName } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { makeInstanceId } from "./instance-id.ts";

describe("makeInstanceId", () => {
  it("shows the machine and never comes twice", () => {
    expect(makeInstanceId("web-7.example")).toMatch(/^web-7\.example-[0-9a-f]{8}$/);
    expect(makeInstanceId("web-7")).not.toBe(makeInstanceId("web-7"));
  });

  it.each([hostname(), "", "-", "a b/c", "ü", "x".repeat(300), "--web"])(
    "is a name on the machine %j",
    (machine) => {
      expect(parseName("instance id", makeInstanceId(machine))).toMatchObject({ ok: true });
    },
  );
});
