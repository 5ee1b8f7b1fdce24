import { describe, expect, it } from "vitest";

import { type Caller, denialOf } from "./admit.ts";

const LOOPBACK = { host: "127.0.0.1", token: undefined };
const PUBLIC = { host: "0.0.0.0", token: "secret" };

function caller(change: Partial<Caller>): Caller {
  return {
    path: "/api/routes",
    host: "localhost:9080",
    origin: undefined,
    authorization: undefined,
    ...change,
  };
}

describe("the admin listener on loopback", () => {
  it.each(["localhost", "LocalHost:9080", "127.0.0.1:9080", "127.0.0.2", "[::1]:9080", "[::1]"])(
    "lets in who calls it %s",
    (host) => {
      expect(denialOf(caller({ host }), LOOPBACK)).toBeUndefined();
    },
  );

  it.each([
    "evil.example",
    "evil.example:9080",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1:9080",
    "",
    undefined,
  ])("does not let in who calls it %j: a name can be rebound to loopback", (host) => {
    expect(denialOf(caller({ host }), LOOPBACK)).toMatchObject({ status: 421 });
  });

  it.each(["https://evil.example", "null", "http://localhost:3000", "ftp://localhost:9080"])(
    "does not let in pages of %s",
    (origin) => {
      expect(denialOf(caller({ origin }), LOOPBACK)).toMatchObject({ status: 403 });
    },
  );

  it("lets in its own pages", () => {
    expect(denialOf(caller({ origin: "http://localhost:9080" }), LOOPBACK)).toBeUndefined();
  });

  it("asks for the token when there is one", () => {
    expect(denialOf(caller({}), { ...LOOPBACK, token: "secret" })).toMatchObject({ status: 401 });
  });
});

describe("the admin listener off loopback", () => {
  it.each([
    undefined,
    "Bearer wrong",
    "Bearer",
    "Basic secret",
    "secret",
    "Bearer secretX",
    "Bearer secret x",
  ])("does not let in %j", (authorization) => {
    expect(denialOf(caller({ host: "router.example", authorization }), PUBLIC)).toMatchObject({
      status: 401,
    });
  });

  it.each(["Bearer secret", "bearer  secret"])("lets in %j", (authorization) => {
    expect(denialOf(caller({ host: "router.example", authorization }), PUBLIC)).toBeUndefined();
  });

  it("lets in nobody when there is no token", () => {
    const denial = denialOf(caller({ authorization: "Bearer undefined" }), { ...PUBLIC, token: undefined });
    expect(denial).toMatchObject({ status: 403 });
  });

  it.each(["/livez", "/readyz"])("answers %s to everybody", (path) => {
    expect(denialOf(caller({ path, host: "10.0.0.1" }), PUBLIC)).toBeUndefined();
  });

  it("asks for the token on /metrics too: it names every route", () => {
    expect(denialOf(caller({ path: "/metrics" }), PUBLIC)).toMatchObject({ status: 401 });
  });
});
