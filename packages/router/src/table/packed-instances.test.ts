import { describe, expect, it } from "vitest";

import { InstanceRecord } from "./instance-record.ts";
import { packInstances, unpackInstances } from "./packed-instances.ts";

const FULL = new InstanceRecord(
  {
    address: "10.0.0.1",
    port: 80,
    protocol: "https",
    state: "draining",
    version: "v1",
    zone: "z1",
    weight: 0,
    tags: { a: "b" },
  },
  { since: 1_700_000_000_000, isSuspect: true },
);
const SPARE = new InstanceRecord(
  { address: "2001:db8::1", port: 81, protocol: "http", state: "ready" },
  { since: 5, isSuspect: false },
);

describe("instances packed by column", () => {
  it.each([
    ["of one that says all that there is to say", [FULL]],
    ["of one that says little", [SPARE]],
    ["of different ones", [FULL, SPARE, null, SPARE]],
    ["that are gone", [null, null]],
    ["of none", []],
  ])("come back as they were: %s", (_, records) => {
    const changes = records.map((instance, at) => ({ app: `a${at % 2}`, id: `i${at}`, instance }));
    expect(unpackInstances(JSON.parse(JSON.stringify(packInstances(changes))))).toEqual(changes);
  });

  it("have a column for every field that a table keeps", () => {
    expect(Object.values(FULL)).not.toContain(undefined);
    const packed = Object.keys(packInstances([{ app: "a", id: "i", instance: FULL }]));
    expect(packed.toSorted()).toEqual(["count", "app", "id", ...Object.keys(FULL)].toSorted());
  });
});
