import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";

import { openStore } from "./open-store.ts";

const INDEX = new URL("index.ts", import.meta.url).href;

describe("a store", () => {
  it("loads gRPC when it first asks etcd, and not before: a router may have a table to serve until then", async () => {
    await using etcd = await startEmbeddedEtcd();
    const program = `
      import { createRequire } from "node:module";
      import { openStore } from ${JSON.stringify(INDEX)};
      const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes("grpc-js"));
      const store = openStore({ endpoints: [${JSON.stringify(etcd.endpoint)}] });
      const before = isLoaded();
      const { record } = await store.get("/t/a");
      await store.close();
      console.log(JSON.stringify({ before, record: record ?? null, after: isLoaded() }));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
    expect(JSON.parse(stdout)).toEqual({ before: false, record: null, after: true });
  });

  it("refuses what is asked of it after it was closed, though gRPC was never loaded", async () => {
    const store = openStore({ endpoints: ["http://127.0.0.1:1"] });
    await store.close();
    await expect(store.get("/t/a")).rejects.toMatchObject({ code: "closed" });
    expect((await store.status())[0]).toMatchObject({ isReachable: false, error: "closed" });
  });
});
