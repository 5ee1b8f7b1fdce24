import { describe, expect, it } from "vitest";

import { hrefOf, parseLocation } from "./location.ts";

describe("an address in the page", () => {
  it("leads back to what it was made of, whatever is in it", () => {
    const href = hrefOf(["route"], {
      host: "*.shop.example",
      path: "/a b/%2F?x=<script>&y#z",
      none: undefined,
      empty: "",
    });
    const { pathname, search } = new URL(href, "http://localhost");
    const { steps, query } = parseLocation(pathname, search);
    expect(steps).toEqual(["route"]);
    expect(Object.fromEntries(query)).toEqual({ host: "*.shop.example", path: "/a b/%2F?x=<script>&y#z" });
  });

  it("is the overview without a step, and a step that is badly encoded is taken as it is", () => {
    expect(parseLocation("/dashboard/", "").steps).toEqual([]);
    expect(parseLocation("/dashboard/apps/%E0%A4", "").steps).toEqual(["apps", "%E0%A4"]);
  });
});
