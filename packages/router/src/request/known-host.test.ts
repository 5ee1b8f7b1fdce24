import { describe, expect, it } from "vitest";

import type { Client } from "./exchange.ts";
import { flatFields } from "./field-lines.ts";
import { type KnownHost, knownHost } from "./known-host.ts";
import { client, fieldsOf } from "./testing/exchange-world.ts";

function ask(from: Client, field: string): KnownHost {
  const known = knownHost(from, field);
  if (!known.ok) throw new Error(known.reason);
  return known.value;
}

describe("the host that a client asks for", () => {
  it("is understood once, until the client asks for another one", () => {
    const from: Client = { ...client };
    const first = ask(from, "Shop.Example:81");
    expect(ask(from, "Shop.Example:81")).toBe(first);
    expect(ask(from, "shop.example:81")).not.toBe(first);
    expect(ask(from, "other.example")).toMatchObject({ host: "other.example", port: undefined });
    expect(fieldsOf(flatFields(ask(from, "other.example").clientLines))).toMatchObject({
      Host: "other.example",
      "X-Forwarded-Host": "other.example",
      "X-Forwarded-For": client.address,
    });
  });

  it("is another client's own", () => {
    const [one, other] = [{ ...client }, { ...client, address: "192.0.2.8" }];
    expect(ask(one, "shop.example").clientLines).toContain("X-Forwarded-For: 192.0.2.7\r\n");
    expect(ask(other, "shop.example").clientLines).toContain("X-Forwarded-For: 192.0.2.8\r\n");
  });

  it("that is none is not remembered, nor does it take the place of one", () => {
    const from: Client = { ...client };
    const known = ask(from, "shop.example");
    expect(knownHost(from, "user@shop.example").ok).toBe(false);
    expect(from.lastHost).toBe(known);
    expect(ask(from, "")).toMatchObject({ field: undefined, host: "" });
  });
});
