import { parseRoute } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { formatAffinity, formatBalance, parseAffinity, parseBalance } from "./balance.ts";

describe("parseBalance", () => {
  it.each([
    "round-robin",
    "least-connections",
    "power-of-two",
    "hash:client-address",
    "hash:header=X-User",
    "hash:cookie=session",
  ])("reads %s into what the schema takes, and formats it back", (text) => {
    const balance = parseBalance(text);
    expect(parseRoute(JSON.stringify({ to: [{ app: "a" }], balance }))).toMatchObject({ ok: true });
    expect(formatBalance(balance)).toBe(text);
  });

  it.each(["", "random", "hash", "hash:", "hash:header", "hash:header=", "hash:body=x"])(
    "refuses %j",
    (text) => {
      expect(() => parseBalance(text)).toThrow(expect.objectContaining({ exitCode: EXIT.invalid }));
    },
  );
});

describe("parseAffinity", () => {
  it.each(["none", "router-cookie", "app-cookie:JSESSIONID", "app-cookie:JSESSIONID,sid"])(
    "reads %s into what the schema takes, and formats it back",
    (text) => {
      const affinity = parseAffinity(text);
      expect(parseRoute(JSON.stringify({ to: [{ app: "a" }], affinity }))).toMatchObject({ ok: true });
      expect(formatAffinity(affinity)).toBe(text);
    },
  );

  it.each(["", "cookie", "app-cookie", "app-cookie:"])("refuses %j", (text) => {
    expect(() => parseAffinity(text)).toThrow(expect.objectContaining({ exitCode: EXIT.invalid }));
  });
});
