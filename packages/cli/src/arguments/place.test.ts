import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { parseInstancePlace, parseRoutePlace } from "./place.ts";

describe("parseRoutePlace", () => {
  it.each([
    ["shop.example.com", { host: "shop.example.com", path: "/" }],
    ["Shop.Example.com/api/", { host: "shop.example.com", path: "/api" }],
    ["*.example.com/a/../b", { host: "*.example.com", path: "/b" }],
    ["*", { host: "*", path: "/" }],
    ["[2001:DB8::1]/x", { host: "[2001:db8::1]", path: "/x" }],
    ["https://shop.example.com/api", { host: "shop.example.com", path: "/api" }],
  ])("takes %s", (text, place) => {
    expect(parseRoutePlace(text)).toEqual(place);
  });

  it.each([
    "",
    "/api",
    "shop example.com",
    "shop.example.com:80",
    "-shop.example.com",
    "shop.example.com/a b",
  ])("refuses %j as invalid input", (text) => {
    expect(() => parseRoutePlace(text)).toThrow(expect.objectContaining({ exitCode: EXIT.invalid }));
  });
});

describe("parseInstancePlace", () => {
  it("takes APP/ID", () => {
    expect(parseInstancePlace("shop/shop-1")).toEqual({ app: "shop", id: "shop-1" });
  });

  it.each(["shop", "shop/", "/one", "shop/one/two", "sh op/one", "shop/-"])("refuses %j", (text) => {
    expect(() => parseInstancePlace(text)).toThrow(expect.objectContaining({ exitCode: EXIT.invalid }));
  });
});
