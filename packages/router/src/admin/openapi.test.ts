import { Validator } from "@seriousme/openapi-schema-validator";
import {
  appViewSchema,
  certificateViewSchema,
  conflictViewSchema,
  instanceViewSchema,
  liveEventSchema,
  recordViewSchema,
  rejectionViewSchema,
  replicaViewSchema,
  routeViewSchema,
  sessionSchema,
  statusSchema,
} from "@wayleave/records/api";
import { ask } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";
import * as z from "zod";

import { describeAdmin } from "../describe-admin.ts";
import { admin, keys } from "../testing/router-world.ts";
import { startShopScene } from "./testing/shop-scene.ts";

const documentSchema = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

async function described(): Promise<{
  document: z.infer<typeof documentSchema>;
  registered: readonly string[];
}> {
  const { openApi, registered } = await describeAdmin();
  return { document: documentSchema.parse(openApi), registered };
}

const ANSWERS: Readonly<Record<string, z.ZodType>> = {
  "/api/status": statusSchema,
  "/api/workers": z.array(z.unknown()).length(0),
  "/api/replicas": z.array(replicaViewSchema),
  "/api/routes": z.array(routeViewSchema),
  "/api/apps": z.array(appViewSchema),
  "/api/instances?leases=true": z.array(instanceViewSchema),
  "/api/certificates": z.array(certificateViewSchema),
  "/api/rejected": z.array(rejectionViewSchema),
  "/api/conflicts": z.array(conflictViewSchema),
  "/api/held": z.array(z.string()),
  "/api/events": z.array(liveEventSchema),
  "/api/route?host=shop.example&path=/": recordViewSchema,
  "/api/instance?app=shop&id=1": recordViewSchema,
  "/api/settings": recordViewSchema,
  "/api/session": sessionSchema,
  "/api/wait?revision=1": z.object({ revision: z.int() }),
  "/api/explain?url=shop.example/": z.looseObject({ explanation: z.looseObject({}) }),
  "/api/table": z.looseObject({ revision: z.int() }),
};

describe("/api/openapi.json", () => {
  it("is a valid OpenAPI document", async () => {
    const { document } = await described();
    expect(await new Validator().validate(document)).toMatchObject({ valid: true });
  });

  it("has everything that the server answers, but the dashboard's files, and nothing else", async () => {
    const { document, registered } = await described();
    const told = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const answered = registered.filter((each) => !/^HEAD |^GET \/(?:dashboard.*)?$/.test(each));
    expect(told.toSorted()).toEqual(answered.toSorted());
    expect(told).toContain("PUT /api/route");
  });

  it("is true: real answers fit, field by field", async () => {
    await using scene = await startShopScene({
      records: [
        { put: keys.route("bad.example", "/"), value: "{}" },
        { put: keys.settings, value: "{}" },
      ],
    });
    const { router } = scene;
    await ask(router.port, "shop.example");
    for (const [path, schema] of Object.entries(ANSWERS)) {
      const { status, json } = await admin(router, path);
      expect([path, status]).toEqual([path, 200]);
      // What a schema does not have, it takes away.
      expect([path, schema.parse(json)]).toEqual([path, json]);
    }
    const { document } = await described();
    const asked = new Set(Object.keys(ANSWERS).map((path) => path.split("?")[0]));
    const reads = Object.keys(document.paths).filter((path) => "get" in (document.paths[path] ?? {}));
    const others = ["/metrics", "/readyz", "/livez", "/api/stream", "/api/tap", "/api/openapi.json"];
    expect(reads.filter((path) => !asked.has(path) && !others.includes(path))).toEqual([]);
  });
});
