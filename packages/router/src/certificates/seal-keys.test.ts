import { randomBytes } from "node:crypto";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SealKeys } from "./seal-keys.ts";

function parsed(text: string): SealKeys {
  const keys = SealKeys.parse(text);
  if (!keys.ok) throw new Error(keys.reason);
  return keys.value;
}

const oldKey = randomBytes(32).toString("base64");
const newKey = randomBytes(32).toString("hex");

describe("seal keys", () => {
  it("open what they sealed, and only under its name", () => {
    const keys = parsed(oldKey);
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const sealed = keys.seal("shop", text);
        expect(keys.open("shop", sealed)).toEqual({ ok: true, value: text });
        expect(keys.open("bank", sealed)).toMatchObject({ ok: false });
      }),
      { numRuns: 50 },
    );
  });

  it("notice every changed or missing byte", () => {
    const keys = parsed(oldKey);
    const { keyId, sealed } = keys.seal("shop", "the private key");
    const bytes = Buffer.from(sealed, "base64");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(keys.open("shop", { keyId, sealed: changed.toString("base64") }).ok).toBe(false);
      expect(keys.open("shop", { keyId, sealed: bytes.toString("base64", 0, at) }).ok).toBe(false);
    }
  });

  it("never seal a text twice into the same bytes", () => {
    const keys = parsed(oldKey);
    expect(keys.seal("shop", "text")).not.toEqual(keys.seal("shop", "text"));
  });

  it("are two while one replaces the other: both open, the first seals", () => {
    const before = parsed(oldKey).seal("shop", "text");
    const both = parsed(`${newKey},${oldKey}`);
    expect(both.open("shop", before)).toEqual({ ok: true, value: "text" });
    const after = both.seal("shop", "text");
    expect(after.keyId).toBe(both.sealingId);
    expect(parsed(newKey).open("shop", after)).toEqual({ ok: true, value: "text" });
    expect(parsed(oldKey).open("shop", after)).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`sealed by the seal key ${after.keyId}`),
    });
  });

  it.each(["", "short", `${"a".repeat(43)}!`, "ab".repeat(31), `${"ab".repeat(32)} nonsense`])(
    "are refused without being shown: %j",
    (text) => {
      const keys = SealKeys.parse(text);
      expect(keys).toMatchObject({ ok: false, reason: expect.stringMatching(/seal keys?/) });
      if (text !== "") expect(JSON.stringify(keys)).not.toContain(text);
    },
  );
});
