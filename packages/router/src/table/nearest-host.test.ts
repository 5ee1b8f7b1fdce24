import { describe, expect, it } from "vitest";

import { nearestHost } from "./nearest-host.ts";

describe("the nearest host", () => {
  const hosts = ["shop.example.com", "shops.example.com", "api.example.com"];

  it("is the one with the fewest edits, and at most two", () => {
    expect(nearestHost(hosts, "shop.exmaple.com")).toBe("shop.example.com");
    expect(nearestHost(hosts, "shopss.example.com")).toBe("shops.example.com");
    expect(nearestHost(hosts, "apis.example.com")).toBe("api.example.com");
    expect(nearestHost(hosts, "blog.example.com")).toBeUndefined();
  });

  it("is looked for among a bounded number, and not for names longer than any", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `host-${index}.example.com`);
    expect(nearestHost(many, "host-1999.example.com")).not.toBe("host-1999.example.com");
    expect(nearestHost(hosts, "x".repeat(20_000))).toBeUndefined();
  });
});
