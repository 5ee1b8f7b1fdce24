import { describe, expect, it } from "vitest";

import { examineClock } from "./examine-clock.ts";
import { type EtcdFacts, examineEtcd } from "./examine-etcd.ts";
import { examineVersions } from "./examine-version.ts";

const ENDPOINT = "http://etcd1:2379";
const STATUS = {
  endpoint: ENDPOINT,
  isReachable: true,
  version: "3.6.14",
  isLeader: true,
  revision: 50_000,
  dbBytes: 1024 * 1024,
  latencyMs: 1,
  alarms: [],
};
const VITALS = { endpoint: ENDPOINT, clockAheadMs: 300, quotaBytes: 2 ** 31, compactedRevision: 40_000 };
const WELL: EtcdFacts = {
  statuses: [STATUS],
  members: [{ name: "etcd1", endpoints: [ENDPOINT] }],
  vitals: [VITALS],
};

function verdicts(facts: EtcdFacts): Record<string, string> {
  return Object.fromEntries(examineEtcd(facts).map(({ check, verdict }) => [check, verdict]));
}

describe("examineEtcd", () => {
  it("has nothing to say against an etcd that is well", () => {
    expect(verdicts(WELL)).toEqual({
      endpoint: "ok",
      version: "ok",
      members: "ok",
      alarms: "ok",
      quota: "ok",
      compaction: "ok",
      clock: "ok",
    });
  });

  it.each([
    ["endpoint", "warn", { latencyMs: 150 }, {}],
    ["endpoint", "fail", { isReachable: false, error: "connection refused" }, {}],
    ["members", "fail", { isLeader: false }, {}],
    ["alarms", "fail", { alarms: ["NOSPACE"] }, {}],
    ["quota", "warn", { dbBytes: 0.85 * 2 ** 31 }, {}],
    ["quota", "fail", { dbBytes: 0.97 * 2 ** 31 }, {}],
    ["compaction", "warn", {}, { compactedRevision: -1 }],
    ["compaction", "ok", { revision: 9_999 }, { compactedRevision: -1 }],
    ["clock", "warn", {}, { clockAheadMs: -60_000 }],
    ["metrics", "warn", {}, { error: "connection refused" }],
  ])("finds that %s is %s of %j, %j", (check, verdict, status, vitals) => {
    const facts = { ...WELL, statuses: [{ ...STATUS, ...status }], vitals: [{ ...VITALS, ...vitals }] };
    expect(verdicts(facts)).toMatchObject({ [check]: verdict });
  });

  it("says what to do of everything that is not well, and of nothing else", () => {
    const facts = { ...WELL, statuses: [{ ...STATUS, alarms: ["NOSPACE"], latencyMs: 200 }] };
    for (const { verdict, todo } of examineEtcd(facts)) expect(todo === null).toBe(verdict === "ok");
  });

  it("asks for all members, and for a number of them that makes sense", () => {
    const members = ["1", "2", "3"].map((name) => ({ name, endpoints: [`http://etcd${name}:2379`] }));
    expect(examineEtcd({ ...WELL, members }).find(({ check }) => check === "members")).toMatchObject({
      verdict: "warn",
      todo: expect.stringContaining("http://etcd1:2379,http://etcd2:2379,http://etcd3:2379"),
    });
    const statuses = [STATUS, { ...STATUS, endpoint: "http://etcd2:2379", isLeader: false }];
    expect(verdicts({ ...WELL, statuses, members: members.slice(0, 2) })).toMatchObject({ members: "warn" });
    expect(verdicts({ ...WELL, statuses, members: undefined })).toMatchObject({ members: "warn" });
  });
});

describe("examineVersions", () => {
  it.each([
    ["ok", ["3.5.33", "3.5.33"]],
    ["ok", ["3.6.14"]],
    ["ok", ["3.7.0"]],
    ["ok", ["3.6.0+wayleave.embedded"]],
    ["warn", ["3.4.23"]],
    ["warn", ["3.5.9"]],
    ["warn", ["3.6.0"]],
    ["warn", ["3.5.33", "3.6.14"]],
  ])("is %s for %j", (verdict, versions) => {
    expect(examineVersions(versions)).toMatchObject({ verdict });
  });
});

describe("examineClock", () => {
  it("tells the direction", () => {
    expect(examineClock(5_000).says).toBe("5.0 s ahead of this machine");
    expect(examineClock(-5_500).says).toBe("5.5 s behind this machine");
  });
});
