// Hostile input at the admin listener, over raw sockets: each is refused with its reason, and nothing changes.

import { connect } from "node:net";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { type Store, openStore } from "@wayleave/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Router } from "../router.ts";
import { keys, route, start } from "../testing/router-world.ts";

const stack = new AsyncDisposableStack();
let store: Store;
let local: Router;
let open: Router;

beforeAll(async () => {
  const etcd = stack.use(await startEmbeddedEtcd());
  store = stack.use(openStore({ endpoints: [etcd.endpoint] }));
  await store.commit([{ put: keys.route("shop.example", "/"), value: route("shop") }]);
  local = stack.use(await start(store));
  open = stack.use(await start(store, { admin: { host: "0.0.0.0", port: 0 }, adminToken: "ops:right" }));
});
afterAll(() => stack.disposeAsync());

/** Sends bytes as they are, and gives the status and the whole answer; 0: the connection just ended. */
function raw(router: Router, bytes: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(router.adminPort, "127.0.0.1", () => socket.write(bytes, "latin1"));
    socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
    socket.on("error", (error: Error & { code?: string }) =>
      error.code === "ECONNRESET" ? undefined : reject(error),
    );
    socket.on("close", () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text }));
    socket.setTimeout(8_000, () => socket.destroy(new Error(`no end: ${text}`)));
  });
}

const BODY = '{"to":[{"app":"evil"}]}';

/** A write that would be good, with these fields changed. */
function write(change: { path?: string; method?: string; fields?: string; body?: string } = {}): string {
  const { path = "/api/route?host=shop.example&path=/", method = "PUT", fields = "", body = BODY } = change;
  const defaults = [
    ["host", "localhost"],
    ["content-type", "application/json"],
    ["if-match", '"2"'],
    ["content-length", String(body.length)],
  ].filter(([name]) => !new RegExp(`^${name}:`, "im").test(fields));
  const head = defaults.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `${method} ${path} HTTP/1.1\r\n${head}${fields}connection: close\r\n\r\n${body}`;
}

const REFUSED: readonly (readonly [what: string, status: number, code: string, bytes: string])[] = [
  ["a foreign Host", 421, "wrong-host", write({ fields: "host: evil.example\r\n" })],
  [
    "a Host with a port that hides another",
    421,
    "wrong-host",
    write({ fields: "host: localhost@evil.example\r\n" }),
  ],
  ["a foreign Origin", 403, "foreign-origin", write({ fields: "origin: https://evil.example\r\n" })],
  ["the Origin null", 403, "foreign-origin", write({ fields: "origin: null\r\n" })],
  ["a cross-site request", 403, "foreign-origin", write({ fields: "sec-fetch-site: cross-site\r\n" })],
  ["a form's body", 415, "not-json", write({ fields: "content-type: text/plain\r\n" })],
  [
    "a form's encoding",
    415,
    "not-json",
    write({ fields: "content-type: application/x-www-form-urlencoded\r\n" }),
  ],
  ["JSON that is none", 400, "bad-request", write({ body: '{"to":' })],
  [
    "a poisoned prototype",
    400,
    "bad-request",
    write({ body: '{"to":[{"app":"evil"}],"__proto__":{"a":1}}' }),
  ],
  ["JSON that is nested very deeply", 413, "too-large", write({ body: `{"to":${"[".repeat(30_000)}` })],
  ["JSON of another shape", 422, "invalid-body", write({ body: '["to"]' })],
  ["10 MB", 413, "body-too-large", write({ fields: "content-length: 10485760\r\n", body: "x" })],
  [
    "no precondition",
    428,
    "precondition-missing",
    write({ fields: "if-match:\r\n" }).replace("if-match:\r\n", ""),
  ],
  ["a precondition that is none", 400, "bad-precondition", write({ fields: "if-match: 2\r\n" })],
  [
    "an option that is none",
    400,
    "bad-query",
    write({ path: "/api/route?host=shop.example&path=/&dryrun=true" }),
  ],
  ["the same option twice", 400, "bad-query", write({ path: "/api/route?host=a.example&host=b.example" })],
  ["an encoded slash", 400, "bad-path", write({ path: "/api%2froute?host=shop.example" })],
  ["an encoded letter", 400, "bad-path", write({ path: "/api/%72oute?host=shop.example" })],
  ["dot segments", 400, "bad-path", write({ path: "/livez/../api/route?host=shop.example" })],
  ["encoded dot segments", 400, "bad-path", write({ path: "/livez/%2e%2e/api/route?host=shop.example" })],
  ["two slashes", 400, "bad-path", write({ path: "//api/route?host=shop.example" })],
  ["the absolute form", 400, "bad-path", write({ path: "http://localhost/api/route?host=shop.example" })],
  ["an encoded NUL", 400, "bad-path", write({ path: "/api/route%00?host=shop.example" })],
  ["a host with a slash", 400, "bad-query", write({ path: "/api/route?host=a/../b&path=/" })],
  [
    "an app that climbs",
    400,
    "bad-query",
    write({ method: "POST", path: "/api/instance/evict?app=..&id=1", body: "{}" }),
  ],
  [
    "GET of a write",
    405,
    "bad-method",
    write({ method: "GET", path: "/api/instance/evict?app=shop&id=1", body: "" }),
  ],
  ["HEAD of a write", 405, "", write({ method: "HEAD", path: "/api/reload", body: "" })],
  ["OPTIONS", 405, "bad-method", write({ method: "OPTIONS", body: "{}" })],
  ["a method of its own", 400, "", write({ method: "EVIL", body: "" })],
];

/** What Node's own parser refuses: without a reason in our words. */
const MALFORMED: readonly (readonly [what: string, status: number, bytes: string])[] = [
  ["a raw NUL in the path", 400, write({ path: "/api/route\0?host=shop.example" })],
  ["a head that is too large", 431, write({ fields: `x: ${"y".repeat(20_000)}\r\n` })],
  ["two lengths", 400, write({ fields: "content-length: 23\r\ncontent-length: 24\r\n" })],
  ["a length and chunks", 400, write({ fields: "content-length: 23\r\ntransfer-encoding: chunked\r\n" })],
  ["no HTTP", 400, "\x16\x03\x01\x02\x00\r\n\r\n"],
];

describe("hostile input at the admin listener", () => {
  it("would be taken if it were not hostile", async () => {
    const answer = await raw(local, write({ path: "/api/route?host=shop.example&path=/&dryRun=true" }));
    expect(answer.status).toBe(200);
  });

  it.each(REFUSED)("is refused: %s", async (_, status, code, bytes) => {
    const before = await store.list(keys.table);
    const answer = await raw(local, bytes);
    expect(answer.status).toBe(status);
    if (code !== "") expect(answer.text).toContain(`"code":"${code}"`);
    expect((await store.list(keys.table)).records).toEqual(before.records);
  });

  it.each(MALFORMED)("is refused: %s", async (_, status, bytes) => {
    const before = await store.list(keys.table);
    expect((await raw(local, bytes)).status).toBe(status);
    expect((await store.list(keys.table)).records).toEqual(before.records);
  });

  it.each([
    ["no token", ""],
    ["a wrong token", "authorization: Bearer wrong\r\n"],
    ["a name as token", "authorization: Bearer ops\r\n"],
    ["a forged session", "cookie: wayleave_session=ops~9999999999~AAAA\r\n"],
    ["a token in the query", "x: y\r\n"],
  ])("is refused off loopback: %s", async (what, fields) => {
    const before = await store.list(keys.table);
    const path = `/api/route?host=shop.example&path=/${what.includes("query") ? "&token=right" : ""}`;
    const answer = await raw(open, write({ path, fields }));
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('"code":"no-token"');
    expect(answer.text).not.toContain("right");
    expect((await store.list(keys.table)).records).toEqual(before.records);
  });

  it("gives a browser a session for a token, and takes it back", async () => {
    const at = `http://127.0.0.1:${open.adminPort}/api/session`;
    const login = (token: string): Promise<Response> =>
      fetch(at, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token }),
      });
    expect((await login("wrong")).status).toBe(401);
    expect((await fetch(at)).status).toBe(401);
    const session = await login("right");
    expect(session.status).toBe(204);
    const cookie = session.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    const who = await fetch(at, { headers: { cookie } });
    expect(await who.json()).toEqual({ actor: "ops", needsToken: true });
    const foreign = { cookie, origin: "https://evil.example" };
    expect((await fetch(at, { headers: foreign })).status).toBe(403);
    const end = await fetch(at, { method: "DELETE", headers: { cookie } });
    expect(end.headers.get("set-cookie")).toContain("Max-Age=0");
  });
});
