import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { formatDestination, parseDestination } from "./destination.ts";

describe("parseDestination", () => {
  it.each([
    ["shop", { app: "shop" }],
    ["shop@v1.2", { app: "shop", version: "v1.2" }],
    ["shop=10", { app: "shop", weight: 10 }],
    ["shop@v2=0.5", { app: "shop", version: "v2", weight: 0.5 }],
  ])("reads %s, and formats it back", (text, destination) => {
    expect(parseDestination(text)).toEqual(destination);
    expect(formatDestination(parseDestination(text))).toBe(text);
  });

  it.each(["", "@v1", "shop@", "shop=", "shop=-1", "shop=x", "shop=1e9", "sh op", "shop@v1@v2=1=2"])(
    "refuses %j as invalid input",
    (text) => {
      expect(() => parseDestination(text)).toThrow(expect.objectContaining({ exitCode: EXIT.invalid }));
    },
  );
});
