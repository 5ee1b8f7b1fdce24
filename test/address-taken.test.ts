import { once } from "node:events";
import { createServer } from "node:http";

import { keysUnder } from "@wayleave/records";
import { register } from "@wayleave/registrar";
import { openStore } from "@wayleave/store";
import { eventually, realEtcd, startDemoApp, startEtcd, startLoad } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startReplica } from "./cluster.ts";

const keys = keysUnder();
const ROUNDS = 5;
const REQUESTS_A_ROUND = 500;

describe.skipIf(!realEtcd.isAvailable)(
  "an address that another app registers while the old lease runs",
  () => {
    it("gets not one request of the old app from the new claim on", { timeout: 120_000 }, async () => {
      await using etcd = await startEtcd();
      await using store = openStore({ endpoints: etcd.endpoints });
      await using other = await startDemoApp({ name: "old" });
      await store.commit([
        ...["old", "new"].map((app) => ({
          put: keys.route(`${app}.example`, "/"),
          value: JSON.stringify({ to: [{ app }] }),
        })),
        {
          put: keys.instance("old", "other"),
          value: JSON.stringify({ address: "127.0.0.1", port: other.port }),
        },
      ]);
      const replicas = await Promise.all([startReplica(etcd.endpoints), startReplica(etcd.endpoints)]);
      const ports = replicas.map(({ port }) => port);

      for (let round = 0; round < ROUNDS; round += 1) {
        // An instance crashes, and so does its registrar: its lease runs on for two minutes.
        const crashing = await startDemoApp({ name: "old" });
        const { port } = crashing;
        const address = { port, address: "127.0.0.1" };
        const left = await register({ store, app: "old", id: `i${round}`, ttlSeconds: 120, ...address });
        const load = startLoad({ ports, host: "old.example" });
        await eventually(() => expect(crashing.requests).toBeGreaterThan(10));
        left.destroy();
        await crashing.close();

        // The platform gives the address to another app's instance, which registers itself.
        await using taking = await startNewTenant(port);
        const taken = await register({ store, app: "new", id: `i${round}`, ...address });
        const { record } = await store.get(taken.key);
        for (const { admin } of replicas) {
          const applied = await fetch(`${admin}/api/wait?revision=${record?.modRevision}`);
          expect(applied.status).toBe(200);
        }

        const after = startLoad({ ports, host: "old.example", path: "/after" });
        await eventually(() => expect(after.result().total).toBeGreaterThan(REQUESTS_A_ROUND), {
          withinMs: 30_000,
        });
        const results = [await load.stop(), await after.stop()];
        expect(taking.urlsOf("old.example")).not.toContain("/after");
        expect(results.map(({ errors, byStatus }) => ({ errors, statuses: Object.keys(byStatus) }))).toEqual(
          results.map(() => ({ errors: [], statuses: ["200"] })),
        );
        expect((await store.get(left.key)).record).toBeDefined();
        await store.commit([{ delete: left.key }]);
        await taken.leave();
      }
      for (const { command } of replicas) command.kill("SIGTERM");
      await Promise.all(replicas.map(({ command }) => command.exit));
    });
  },
);

/** An app that keeps what it was asked for, by host. */
async function startNewTenant(port: number) {
  const urls = new Map<string, Set<string>>();
  const server = createServer(({ headers: { host = "" }, url = "" }, response) => {
    urls.set(host, (urls.get(host) ?? new Set()).add(url));
    response.end("new");
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  return {
    urlsOf: (host: string): string[] => [...(urls.get(host) ?? [])],
    async [Symbol.asyncDispose](): Promise<void> {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
