import { describe, expect, it } from "vitest";

import { addForwardedFields, type Forwarding } from "./forwarded-fields.ts";

const client = { address: "::ffff:192.0.2.7", port: 4711, localPort: 8080, isTls: false };
const plain: Forwarding = {
  client,
  said: {},
  host: "shop.example:81",
  port: "81",
  requestId: "id-1",
  startedAt: 1_700_000_000_123,
  httpVersion: "1.1",
  pseudonym: "wl-1",
};

function added(forwarding: Partial<Forwarding>): Record<string, string> {
  const flat = addForwardedFields([], { ...plain, ...forwarding });
  const pairs: [string, string][] = [];
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index] ?? "", flat[index + 1] ?? ""]);
  return Object.fromEntries(pairs);
}

const port = (forwarding: Partial<Forwarding>) => added(forwarding)["X-Forwarded-Port"];

describe("the forwarded fields", () => {
  it("tell an app of its client", () => {
    expect(added({})).toEqual({
      "X-Forwarded-For": "192.0.2.7",
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Host": "shop.example:81",
      "X-Forwarded-Port": "81",
      "X-Request-Id": "id-1",
      "X-Request-Start": "t=1700000000123",
      Via: "1.1 wl-1",
    });
  });

  it("tell the port that the client meant", () => {
    expect(port({ host: "shop.example", port: undefined })).toBe("80");
    expect(port({ host: "shop.example", port: undefined, client: { ...client, isTls: true } })).toBe("443");
    expect(port({ host: undefined, port: undefined })).toBe("8080");
  });

  it("continue what a trusted proxy says", () => {
    const said = {
      for: "203.0.113.9, 198.51.100.1",
      proto: "https",
      host: "public.example",
      port: "443",
      requestStart: "t=1",
    };
    expect(added({ said })).toMatchObject({
      "X-Forwarded-For": "203.0.113.9, 198.51.100.1, 192.0.2.7",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "public.example",
      "X-Forwarded-Port": "443",
      "X-Request-Start": "t=1",
    });
  });

  it("of a client without Host have no X-Forwarded-Host", () => {
    expect(added({ host: undefined, httpVersion: "1.0" })).not.toHaveProperty("X-Forwarded-Host");
    expect(added({ host: undefined, httpVersion: "1.0" })["Via"]).toBe("1.0 wl-1");
  });
});
