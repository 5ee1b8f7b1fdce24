// What a real etcd refuses reaches whoever asked the admin API: with its reason, and with nothing half-written.

import { type Store, openStore } from "@wayleave/store";
import { type EtcdCluster, eventually, realEtcd, startEtcd } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import type { Router } from "../router.ts";
import { admin, applied, instance, keys, route, start } from "../testing/router-world.ts";

const PLACE = "/api/route?host=new.example&path=/";

async function put({ adminPort }: Router): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`http://127.0.0.1:${adminPort}${PLACE}`, {
    method: "PUT",
    headers: { "if-none-match": "*", "content-type": "application/json" },
    body: route("shop"),
  });
  return { status: answer.status, json: await answer.json() };
}

describe.skipIf(!realEtcd.isAvailable)(
  "an admin listener before an etcd that refuses",
  { timeout: 60_000 },
  () => {
    it("answers 507 when etcd's space is used up, and reads on", async () => {
      await using etcd = await startEtcd({ args: ["--quota-backend-bytes=2097152"] });
      await using store = openStore({ endpoints: etcd.endpoints });
      await using router = await start(store);
      await fillUp(store);
      expect(await put(router)).toMatchObject({
        status: 507,
        json: { code: "etcd-read-only", detail: expect.stringContaining("space quota") },
      });
      expect(await admin(router, PLACE)).toMatchObject({ status: 404, json: { code: "no-record" } });
    });

    it("answers 503 while etcd has no leader, and takes the same write once there is one", async () => {
      await using etcd = await startEtcd({ members: 3 });
      await using store = openStore({ endpoints: etcd.endpoints, callTimeoutMs: 2_000 });
      await using router = await start(store);
      const [, second, third] = etcd.members;
      await Promise.all([second?.kill(), third?.kill()]);
      expect(await put(router)).toMatchObject({ status: 503, json: { code: "etcd-unreachable" } });
      await second?.start();
      await eventually(async () => expect(await put(router)).toMatchObject({ status: 200 }), {
        withinMs: 20_000,
      });
    });

    it("gives the table at an older revision, 410 when etcd has compacted that, 400 at one that is still to come", async () => {
      await using etcd = await startEtcd();
      await using store = openStore({ endpoints: etcd.endpoints });
      const first = await store.commit([
        { put: keys.settings, value: '{"diagnostics":true}' },
        { put: keys.route("bad.example", "/"), value: "{}" },
        { put: keys.route("old.example", "/"), value: route("shop") },
        { put: keys.route("other.example", "/"), value: route("shop") },
        { put: keys.instance("shop", "1"), value: instance(80) },
      ]);
      const second = await store.commit([{ delete: keys.route("old.example", "/") }]);
      await using router = await start(store);
      await applied(router, second);
      const before = await admin(router, `/api/table?revision=${first}`);
      expect(before).toMatchObject({
        status: 200,
        json: {
          revision: first,
          settings: { diagnostics: true },
          routes: [
            { host: "old.example", path: "/", route: { to: [{ app: "shop" }] } },
            { host: "other.example" },
          ],
          instances: [{ app: "shop", id: "1", instance: { port: 80 } }],
        },
      });
      await compact(etcd, second);
      expect(await admin(router, `/api/table?revision=${first}`)).toMatchObject({
        status: 410,
        json: { code: "compacted", detail: `etcd has compacted revision ${first}` },
      });
      expect(await admin(router, `/api/table?revision=${second + 1_000}`)).toMatchObject({
        status: 400,
        json: { code: "future-revision" },
      });
    });
  },
);

async function fillUp(store: Store): Promise<void> {
  const value = "x".repeat(500_000);
  await eventually(async () => {
    await expect(store.commit([{ put: `/full/${Math.random()}`, value }])).rejects.toMatchObject({
      code: "read-only",
    });
  });
}

/** By etcd's JSON gateway. */
async function compact({ endpoints: [endpoint] }: EtcdCluster, revision: number): Promise<void> {
  const answer = await fetch(`${endpoint}/v3/kv/compaction`, {
    method: "POST",
    body: JSON.stringify({ revision: String(revision), physical: true }),
  });
  expect(answer.status).toBe(200);
}
