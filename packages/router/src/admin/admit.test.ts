import { describe, expect, it } from "vitest";

import { AdminTokens } from "./admin-tokens.ts";
import { type Admission, type Admittance, type Caller, admit } from "./admit.ts";

const NOW = 1_800_000_000_000;
const LOOPBACK = { host: "127.0.0.1", tokens: new AdminTokens(undefined) };
const PUBLIC = { host: "0.0.0.0", tokens: new AdminTokens("secret,ci:other") };

function caller(change: Partial<Caller>): Caller {
  return {
    path: "/api/routes",
    host: "localhost:9080",
    origin: undefined,
    site: undefined,
    authorization: undefined,
    cookie: undefined,
    ...change,
  };
}

function denialOf(asks: Caller, admittance: Admittance): Admission | undefined {
  const admission = admit(asks, admittance, NOW);
  return "actor" in admission ? undefined : admission;
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
    expect(denialOf(caller({}), { ...LOOPBACK, tokens: new AdminTokens("secret") })).toMatchObject({
      status: 401,
    });
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
    const denial = denialOf(caller({ authorization: "Bearer undefined" }), {
      ...PUBLIC,
      tokens: new AdminTokens(""),
    });
    expect(denial).toMatchObject({ status: 403 });
  });

  it.each(["/livez", "/readyz"])("answers %s to everybody", (path) => {
    expect(denialOf(caller({ path, host: "10.0.0.1" }), PUBLIC)).toBeUndefined();
  });

  it("asks for the token on /metrics too: it names every route", () => {
    expect(denialOf(caller({ path: "/metrics" }), PUBLIC)).toMatchObject({ status: 401 });
  });

  it("knows who asks by the name of the token, or by the session that was given for it", () => {
    const admission = admit(caller({ host: "r.example", authorization: "Bearer other" }), PUBLIC, NOW);
    expect(admission).toEqual({ actor: "ci" });
    const cookie = PUBLIC.tokens.sessionCookie("ci", NOW).split(";", 1)[0];
    expect(admit(caller({ host: "r.example", cookie: `a=b; ${cookie}` }), PUBLIC, NOW)).toEqual({
      actor: "ci",
    });
    const later = NOW + 13 * 3_600_000;
    expect(admit(caller({ host: "r.example", cookie }), PUBLIC, later)).toMatchObject({ status: 401 });
    const forged = cookie?.replace("ci~", "admin~");
    expect(admit(caller({ host: "r.example", cookie: forged }), PUBLIC, NOW)).toMatchObject({ status: 401 });
  });
});

describe("the admin listener anywhere", () => {
  it.each(["cross-site", "same-site"])("does not answer what a browser sends for a %s page", (site) => {
    expect(denialOf(caller({ site }), LOOPBACK)).toMatchObject({ status: 403, code: "foreign-origin" });
    expect(denialOf(caller({ site, path: "/dashboard/" }), LOOPBACK)).toBeUndefined();
  });

  it.each(["same-origin", "none"])("answers what a browser sends by itself (%s)", (site) => {
    expect(denialOf(caller({ site }), LOOPBACK)).toBeUndefined();
  });

  it.each([
    "/api//routes",
    "//api/routes",
    "/api/./routes",
    "/api/../metrics",
    "/api/%72outes",
    "/api%2froutes",
    "/livez/%2e%2e/api/routes",
    "/api/routes%00",
    "/api\\routes",
    "/api/routes;x=1",
    "http://localhost:9080/api/routes",
    "*",
    "/dashboard//x",
    "/dashboard/%00",
    "/dashboard/../api/routes",
  ])("takes a path in its one spelling only: not %s", (path) => {
    expect(denialOf(caller({ path }), LOOPBACK)).toMatchObject({ status: 400, code: "bad-path" });
  });
});
