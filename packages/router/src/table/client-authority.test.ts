import type { Settings } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { sampleChange } from "./samples.ts";
import { Table } from "./table.ts";

function asking(ca: string, mode?: "require"): Settings {
  return { listener: { clientCertificates: { ca, ...(mode && { mode }) } } };
}

describe("whose certificates clients may show", () => {
  it("stands in the settings, or in a router's own file, which beats them", () => {
    const table = new Table({ affinityKey: "key" });
    expect(table.clientAuthority).toBeUndefined();
    table.apply(sampleChange(1, { settings: asking("ONE", "require") }));
    const one = table.clientAuthority;
    expect(one).toEqual({ certificates: "ONE", isRequired: true });
    // Whoever keeps contexts or sessions by it keeps them while other settings change.
    table.apply(sampleChange(2, { settings: { ...asking("ONE", "require"), suspectMs: 1 } }));
    expect(table.clientAuthority).toBe(one);
    table.apply(sampleChange(3, { settings: asking("TWO") }));
    expect(table.clientAuthority).toEqual({ certificates: "TWO", isRequired: false });
    const clientAuthority = { certificates: "FILE", isRequired: false };
    table.apply(sampleChange(4, { clientAuthority }));
    expect([table.clientAuthority, table.filedAuthority]).toEqual([clientAuthority, clientAuthority]);
  });

  it("is nobody's again without settings", () => {
    const table = new Table({ affinityKey: "key" });
    table.apply(sampleChange(1, { settings: asking("ONE") }));
    expect(table.filedAuthority).toBeUndefined();
    table.apply(sampleChange(2, { settings: null }));
    expect(table.clientAuthority).toBeUndefined();
  });
});
