import { describe, expect, it } from "vitest";

import type { Client } from "./exchange.ts";
import { flatFields } from "./field-lines.ts";
import { clientLines, startLine, viaLine } from "./forwarded-fields.ts";
import type { Said } from "./request-fields.ts";
import { fieldsOf } from "./testing/exchange-world.ts";

const client: Client = { address: "::ffff:192.0.2.7", port: 4711, localPort: 8080, isTls: false };
interface Asked {
  client: Client;
  said: Said;
  field: string | undefined;
  port: string | undefined;
}
const plain: Asked = { client, said: {}, field: "shop.example:81", port: "81" };

function added(forwarding: Partial<Asked>): Record<string, string> {
  const { client: from, said, field, port } = { ...plain, ...forwarding };
  return fieldsOf(flatFields(clientLines(from, said, { field, port })));
}

const port = (forwarding: Partial<Asked>) => added(forwarding)["X-Forwarded-Port"];

describe("the forwarded fields", () => {
  it("tell an app of its client", () => {
    expect(added({})).toEqual({
      Host: "shop.example:81",
      "X-Forwarded-For": "192.0.2.7",
      "X-Forwarded-Proto": "http",
      "X-Forwarded-Host": "shop.example:81",
      "X-Forwarded-Port": "81",
    });
  });

  it("tell the port that the client meant", () => {
    expect(port({ field: "shop.example", port: undefined })).toBe("80");
    expect(port({ field: "shop.example", port: undefined, client: { ...client, isTls: true } })).toBe("443");
    expect(port({ field: undefined, port: undefined })).toBe("8080");
  });

  it("continue what a trusted proxy says", () => {
    const said = {
      for: "203.0.113.9, 198.51.100.1",
      proto: "https",
      host: "public.example",
      port: "443",
    };
    expect(added({ said })).toMatchObject({
      "X-Forwarded-For": "203.0.113.9, 198.51.100.1, 192.0.2.7",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-Host": "public.example",
      "X-Forwarded-Port": "443",
    });
  });

  it("of a client without Host have no X-Forwarded-Host", () => {
    expect(added({ field: undefined })).not.toHaveProperty("X-Forwarded-Host");
  });

  it("tell when the request came, or what a trusted proxy says of that", () => {
    expect(startLine(undefined, 1_700_000_000_123)).toBe("X-Request-Start: t=1700000000123\r\n");
    expect(startLine(undefined, 1_700_000_000_124)).toBe("X-Request-Start: t=1700000000124\r\n");
    expect(startLine("t=1", 1_700_000_000_124)).toBe("X-Request-Start: t=1\r\n");
  });

  it("tell which router it passed, and what the client spoke", () => {
    expect(viaLine("1.1", "wl-1")).toBe("Via: 1.1 wl-1\r\n");
    expect(viaLine("1.0", "wl-1")).toBe("Via: 1.0 wl-1\r\n");
    expect(viaLine("1.0", "wl-2")).toBe("Via: 1.0 wl-2\r\n");
    expect(viaLine("2.0", "wl-2")).toBe("Via: 2.0 wl-2\r\n");
  });
});
