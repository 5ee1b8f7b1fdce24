import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { startLink } from "@wayleave/testkit";

const STORE = path.join(import.meta.dirname, "open-store.ts");

describe("a process that used a store", () => {
  it("ends once the store is destroyed, although etcd hangs with a call, a follower and a lease under way", async () => {
    await using etcd = await startEmbeddedEtcd();
    await using link = await startLink({ host: "127.0.0.1", port: etcd.port });
    const child = spawn(process.execPath, ["--input-type=module", "--eval", programFor(link.port)], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    try {
      const lines = createInterface(child.stdout);
      await expect(once(lines, "line")).resolves.toEqual(["ready"]);
      link.freeze();
      const closed = once(lines, "line");
      child.stdin.end("go");
      await expect(closed).resolves.toEqual(["closed"]);
      // gRPC would find out by itself that the link is dead, but not before 10 s.
      const [code] = await once(child, "exit", { signal: AbortSignal.timeout(6_000) });
      expect(code).toBe(0);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

function programFor(port: number): string {
  return `
    import { openStore } from ${JSON.stringify(STORE)};
    const store = openStore({ endpoints: ["http://127.0.0.1:${port}"], callTimeoutMs: 600_000 });
    await store.holdLease({ ttlSeconds: 600 }).set("/t/a", "1");
    await new Promise((live) => {
      const status = ({ state }) => state === "live" && live();
      store.follow("/t/", { snapshot() {}, change() {}, status });
    });
    console.log("ready");
    await new Promise((resolve) => process.stdin.once("data", resolve));
    process.stdin.destroy();
    const call = store.get("/t/a");
    setTimeout(() => store.destroy(), 100);
    await call.catch((error) => console.log(error.code));
  `;
}
