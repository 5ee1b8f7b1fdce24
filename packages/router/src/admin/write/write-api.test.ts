import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { type LiveEvent, problemSchema, writeResultSchema } from "@wayleave/records/api";
import { type Store, openStore } from "@wayleave/store";
import { pino } from "pino";
import { describe, expect, it } from "vitest";

import type { Router } from "../../router.ts";
import { admin, applied, instance, keys, route, start } from "../../testing/router-world.ts";

interface World extends AsyncDisposable {
  readonly router: Router;
  readonly store: Store;
  readonly logged: Record<string, unknown>[];
}

async function startWorld(): Promise<World> {
  const stack = new AsyncDisposableStack();
  const etcd = stack.use(await startEmbeddedEtcd());
  const store = stack.use(openStore({ endpoints: [etcd.endpoint] }));
  await store.commit([
    { put: keys.route("shop.example", "/"), value: route("shop") },
    { put: keys.instance("shop", "1"), value: instance(1) },
    { put: keys.instance("shop", "2"), value: instance(2) },
  ]);
  const logged: Record<string, unknown>[] = [];
  const logger = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const router = stack.use(await start(store, { logger }));
  return { router, store, logged, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

interface Sent {
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

async function send({ router }: World, path: string, { method, headers, body }: Sent) {
  const answer = await fetch(`http://127.0.0.1:${router.adminPort}${path}`, {
    method,
    headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const json: unknown = await answer.json();
  return { status: answer.status, etag: answer.headers.get("etag"), json };
}

async function etagOf(world: World, path: string): Promise<string> {
  return (await send(world, path, { method: "GET" })).etag ?? "";
}

const resolved = (): Promise<void> => Promise.resolve();
const ROUTE = "/api/route?host=shop.example&path=/";

describe("writing by the admin API", () => {
  it("changes a record by its revision, and answers the revision of the change", async () => {
    await using world = await startWorld();
    const etag = await etagOf(world, ROUTE);
    const body = { to: [{ app: "shop", weight: 2 }], labels: { team: "a" } };
    const { status, json } = await send(world, ROUTE, { method: "PUT", headers: { "if-match": etag }, body });
    const result = writeResultSchema.parse(json);
    expect([status, result.before, result.after]).toEqual([200, { to: [{ app: "shop" }] }, body]);
    await applied(world.router, result.revision ?? 0);
    expect(await etagOf(world, ROUTE)).toBe(`"${result.revision}"`);
  });

  it("creates, waits until every replica has it, and removes", async () => {
    await using world = await startWorld();
    const path = "/api/route?host=new.example&path=/a&wait=true";
    const created = await send(world, path, {
      method: "PUT",
      headers: { "if-none-match": "*" },
      body: { to: [{ app: "nobody" }] },
    });
    expect(created.json).toMatchObject({
      isApplied: true,
      behind: [],
      before: null,
      affected: { takesFrom: null, warnings: ["nobody has no ready instance"] },
    });
    const etag = await etagOf(world, "/api/route?host=new.example&path=/a");
    const removed = await send(world, path, { method: "DELETE", headers: { "if-match": etag } });
    expect(removed.json).toMatchObject({ after: null, isApplied: true, affected: { leavesTo: null } });
    expect(await send(world, "/api/route?host=new.example&path=/a", { method: "GET" })).toMatchObject({
      status: 404,
    });
  });

  it("refuses what is based on another revision, with what is there now", async () => {
    await using world = await startWorld();
    const body = { to: [{ app: "blog" }] };
    const stale = await send(world, ROUTE, { method: "PUT", headers: { "if-match": '"1"' }, body });
    expect(stale).toMatchObject({
      status: 412,
      json: {
        code: "conflict",
        current: { revision: expect.any(Number), record: { to: [{ app: "shop" }] } },
      },
    });
    problemSchema.parse(stale.json);
    const exists = await send(world, ROUTE, { method: "PUT", headers: { "if-none-match": "*" }, body });
    expect(exists).toMatchObject({ status: 412 });
    const without = await send(world, ROUTE, { method: "PUT", body });
    expect(without).toMatchObject({ status: 428, json: { detail: expect.stringContaining("If-Match") } });
    for (const match of ["1", "*", 'W/"1"', '"1", "2"']) {
      expect(await send(world, ROUTE, { method: "PUT", headers: { "if-match": match }, body })).toMatchObject(
        { status: 400 },
      );
    }
    expect(await admin(world.router, ROUTE)).toMatchObject({ json: { record: { to: [{ app: "shop" }] } } });
  });

  it("points at each wrong field", async () => {
    await using world = await startWorld();
    const body = { to: [{ app: "no good", weight: -1 }], timeouts: { connectMs: 0 }, labels: { "a/b": 5 } };
    const { status, json } = await send(world, ROUTE, {
      method: "PUT",
      headers: { "if-match": '"1"' },
      body,
    });
    expect(status).toBe(422);
    const pointers = problemSchema.parse(json).errors?.map(({ pointer }) => pointer);
    expect(pointers).toEqual(["/to/0/app", "/to/0/weight", "/timeouts/connectMs", "/labels/a~1b"]);
  });

  it("takes a record as large as routers take one, and says of a larger one that it is too large", async () => {
    await using world = await startWorld();
    const headers = { "if-match": await etagOf(world, ROUTE) };
    const large = { to: [{ app: "shop" }], labels: { note: "€".repeat(250 * 1024) } };
    const done = await send(world, `${ROUTE}&wait=true`, { method: "PUT", headers, body: large });
    expect(done).toMatchObject({ status: 200, json: { isApplied: true } });
    expect((await admin(world.router, "/api/rejected")).json).toEqual([]);
    const larger = { to: [{ app: "shop" }], labels: { note: "x".repeat(260 * 1024) } };
    const refused = await send(world, ROUTE, { method: "PUT", headers, body: larger });
    expect(refused).toMatchObject({ status: 413, json: { code: "too-large" } });
  });

  it("says what a change would do, and changes nothing", async () => {
    await using world = await startWorld();
    const before = await world.store.list(keys.table);
    const preview = await send(world, "/api/route?host=shop.example&path=/api&dryRun=true", {
      method: "PUT",
      body: { to: [{ app: "shop" }], tiemouts: {} },
    });
    expect(preview.json).toMatchObject({
      isDryRun: true,
      revision: null,
      beforeRevision: 0,
      affected: {
        takesFrom: { host: "shop.example", path: "/" },
        warnings: ["no router knows the field tiemouts: it is kept, and ignored"],
      },
    });
    const drain = await send(world, "/api/instance/drain?app=shop&id=1&dryRun=true", { method: "POST" });
    expect(drain.json).toMatchObject({ after: { state: "draining" }, affected: { warnings: [] } });
    expect((await world.store.list(keys.table)).records).toEqual(before.records);
  });

  it("drains, takes back, and evicts so that no last choice is left", async () => {
    await using world = await startWorld();
    const place = "app=shop&id=1";
    for (const [action, state] of [
      ["drain", "draining"],
      ["undrain", "ready"],
    ] as const) {
      const headers = { "if-match": await etagOf(world, `/api/instance?${place}`) };
      const done = await send(world, `/api/instance/${action}?${place}&wait=true`, {
        method: "POST",
        headers,
      });
      expect(done.json).toMatchObject({ after: { state }, isApplied: true });
      expect((await admin(world.router, "/api/instances?app=shop&limit=1")).json).toMatchObject([{ state }]);
    }
    const headers = { "if-match": await etagOf(world, `/api/instance?${place}`) };
    await send(world, `/api/instance/evict?${place}&wait=true`, { method: "POST", headers });
    expect((await admin(world.router, "/api/instances?app=shop")).json).toMatchObject([{ id: "2" }]);
  });

  it("writes settings", async () => {
    await using world = await startWorld();
    const headers = { "if-none-match": "*" };
    const body = { balance: "least-connections" };
    const done = await send(world, "/api/settings?wait=true", { method: "PUT", headers, body });
    expect(done.json).toMatchObject({ before: null, after: body, isApplied: true });
    expect((await admin(world.router, "/api/table")).json).toMatchObject({ settings: body });
  });

  it("writes down who did what, and what was refused", async () => {
    await using world = await startWorld();
    const etag = await etagOf(world, ROUTE);
    const body = { to: [{ app: "blog" }] };
    const headers = { "if-match": etag, "x-wayleave-actor": "eve \u00e9" };
    const { json } = await send(world, ROUTE, { method: "PUT", headers, body });
    const { revision } = writeResultSchema.parse(json);
    await send(world, ROUTE, { method: "DELETE", headers });
    const lines = world.logged.filter(({ msg }) => msg === "admin-write");
    const common = {
      actor: "loopback",
      declared: "eve ?",
      peer: "127.0.0.1",
      key: keys.route("shop.example", "/"),
    };
    expect(lines).toMatchObject([
      { ...common, action: "put", before: { to: [{ app: "shop" }] }, after: body, revision, outcome: "done" },
      { ...common, action: "delete", revision: null, outcome: "conflict", level: 40 },
    ]);
    const events = (await admin(world.router, "/api/events")).json;
    expect(events).toContainEqual(
      expect.objectContaining<Partial<LiveEvent>>({
        kind: "admin-write",
        revision,
        actor: "eve ? (loopback)",
      }),
    );
  });

  it("is refused, with the reason, where the table is a file", async () => {
    const source = {
      endpoints: [],
      follow: (_: string, follower: Parameters<Store["follow"]>[1]) => {
        follower.snapshot({ revision: 1, records: [], reason: "start", clusterId: "" });
        return { revision: 1, lastProofAt: Date.now(), relist: resolved, close: resolved };
      },
    };
    await using stack = new AsyncDisposableStack();
    const router = stack.use(await start(source));
    const answer = await fetch(`http://127.0.0.1:${router.adminPort}/api/route?host=a.example`, {
      method: "PUT",
      headers: { "if-none-match": "*", "content-type": "application/json" },
      body: '{"to":[{"app":"a"}]}',
    });
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: "static-table" }]);
    expect((await admin(router, "/api/status")).json).toMatchObject({ writable: { isWritable: false } });
  });
});
