import { type Health, appHealth, countInstances } from "@wayleave/records/api";
import { describe, expect, it } from "vitest";

import type { CertificateView } from "../certificates/certificate-view.ts";
import { judgeStatus } from "./judge-status.ts";

const OK: Health = { level: "ok", reasons: [] };
const GONE = appHealth("shop", countInstances([]), { isMassExpiry: false });
const EJECTED = appHealth("shop", countInstances(["ejected"]), { isMassExpiry: false });
const ROUTER = { id: "router-1", isBehind: false, health: OK };
const WELL = {
  prefix: "/wayleave/",
  members: [{ endpoint: "http://etcd1:2379", isReachable: true, alarms: [] }],
  routers: [ROUTER],
  routes: [
    { name: "blog.com/", health: OK },
    { name: "shop.com/", health: OK },
  ],
  bad: [],
  certificates: [],
  now: Date.parse("2026-03-01T00:00:00Z"),
};

function certificate(notAfter: string): CertificateView {
  return {
    name: "shop",
    revision: 1,
    names: ["shop.com"],
    isDefault: false,
    issuer: "authority",
    notBefore: "2026-01-01T00:00:00Z",
    notAfter,
    state: "valid",
    keyType: "ec",
    fingerprint: "00",
    sealedBy: null,
    routes: [],
  };
}

describe("judgeStatus", () => {
  it("is ok when nothing is wrong", () => {
    expect(judgeStatus(WELL)).toEqual({ level: "ok", reasons: [] });
  });

  it.each([
    ["routes-down", { routes: [...WELL.routes, { name: "x.com/", health: GONE }] }],
    ["rejected-records", { bad: [{ key: "k", revision: 1, reason: "r" }] }],
    ["routers-behind", { routers: [{ ...ROUTER, isBehind: true }] }],
    ["etcd-endpoint-down", { members: [{ endpoint: "http://etcd1:2379", isReachable: false }] }],
    ["certificates-expire", { certificates: [certificate("2026-03-14T00:00:00Z")] }],
    ["certificates-expired", { certificates: [certificate("2026-02-28T00:00:00Z")] }],
    ["etcd-alarm", { members: [{ endpoint: "http://e:1", isReachable: true, alarms: ["NOSPACE"] }] }],
  ])("is degraded by %s", (code, facts) => {
    expect(judgeStatus({ ...WELL, ...facts })).toMatchObject({
      level: "degraded",
      reasons: [{ code, routers: [] }],
    });
  });

  it("is down when all routes are, and when there is no router, and says that first", () => {
    const routes = [{ name: "x.com/", health: GONE }];
    const bad = [{ key: "k", revision: 1, reason: "r" }];
    expect(judgeStatus({ ...WELL, routes, bad })).toMatchObject({
      level: "down",
      reasons: [{ code: "routes-down" }, { code: "rejected-records" }],
    });
    expect(judgeStatus({ ...WELL, routers: [] })).toMatchObject({
      level: "down",
      reasons: [{ code: "not-serving", text: "no router is running under /wayleave/" }],
    });
  });

  it("adds what only routers know, once, with who says so", () => {
    const health: Health = {
      level: "degraded",
      reasons: [
        { level: "degraded", code: "routes-down", text: "1 route down", count: 1, names: ["shop.com/"] },
      ],
    };
    const routers = [
      { ...ROUTER, health },
      { ...ROUTER, id: "router-2", health },
      { ...ROUTER, id: "router-3", health: undefined },
    ];
    expect(judgeStatus({ ...WELL, routers })).toEqual({
      level: "degraded",
      reasons: [{ ...health.reasons[0], routers: ["router-1", "router-2"] }],
    });
    const routes = [...WELL.routes, { name: "shop.com/", health: EJECTED }];
    expect(judgeStatus({ ...WELL, routes, routers }).reasons).toEqual([
      { ...health.reasons[0], routers: [] },
    ]);
  });
});
