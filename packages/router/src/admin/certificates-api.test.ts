import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { certificateViewSchema } from "@wayleave/records/api";
import { openStore } from "@wayleave/store";
import { ask, temporaryDirectory, TestAuthority } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";
import * as z from "zod";

import { sealKeysOf } from "../certificates/seal-keys.ts";
import { admin, applied, keys, route, start } from "../testing/router-world.ts";

const authority = new TestAuthority();

describe("/api/certificates", () => {
  it("tells whom each serves, until when and for which routes, and never a key", async () => {
    await using stack = new AsyncDisposableStack();
    const etcd = stack.use(await startEmbeddedEtcd());
    const store = stack.use(openStore({ endpoints: [etcd.endpoint] }));
    const sealKeys = randomBytes(32).toString("base64");
    const issued = authority.issue(["*.shop.example"]);
    const filed = authority.issue(["bank.example"]);
    const directory = temporaryDirectory("certificates-api");
    await writeFile(join(directory, "bank.pem"), filed.key + filed.chain);
    const key = sealKeysOf({ sealKeys }).seal("shop", issued.key);
    const revision = await store.commit([
      {
        put: keys.certificate("shop"),
        value: JSON.stringify({ chain: issued.chain, key, names: ["*.shop.example"] }),
      },
      { put: keys.route("www.shop.example", "/"), value: route("shop") },
      { put: keys.route("www.shop.example", "/api"), value: route("shop") },
      { put: keys.route("*.shop.example", "/"), value: route("shop") },
      { put: keys.route("other.example", "/"), value: route("shop") },
    ]);
    const router = stack.use(await start(store, { sealKeys, certificatesDir: directory }));
    const { json } = await admin(router, "/api/certificates");
    expect(z.array(certificateViewSchema).parse(json)).toMatchObject([
      { name: "file:bank", revision: 0, names: ["bank.example"], sealedBy: null, routeCount: 0, routes: [] },
      {
        name: "shop",
        revision,
        names: ["*.shop.example"],
        issuer: "wayleave-test-authority",
        state: "valid",
        keyType: "ec",
        sealedBy: key.keyId,
        routeCount: 3,
        routes: ["www.shop.example/", "www.shop.example/api", "*.shop.example/"],
      },
    ]);
    const removed = await store.commit([{ delete: keys.certificate("shop") }]);
    await applied(router, removed);
    const events = await admin(router, "/api/events");
    expect(events.json).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: "certificate-changed", certificate: "shop", revision: removed }),
      ]),
    );
    for (const path of ["/api/certificates", "/api/table", "/api/events", "/api/status"]) {
      const { body } = await ask(router.adminPort, "localhost", path);
      for (const secret of [key.sealed, "PRIVATE", sealKeys]) expect(body).not.toContain(secret);
    }
  });
});
