import { openStore, type Write } from "@wayleave/store";
import { ask, eventually, realEtcd, startDemoApp, startEtcd } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startReplica } from "./cluster.ts";

const INSTANCES = 100_000;
const APPS = 1_000;
const WRITES_A_TRANSACTION = 125;

describe.skipIf(!realEtcd.isAvailable)("a table of 100,000 instances", () => {
  it("loads, is routed, and follows the next change", { timeout: 240_000 }, async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    await using app = await startDemoApp({ name: "one of many" });

    const writes = Array.from({ length: INSTANCES }, (_, index): Write => {
      const address = `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
      return {
        put: `/wayleave/table/instances/app${index % APPS}/i${index}`,
        value: JSON.stringify({ address, port: 8080 }),
      };
    });
    for (let at = 0; at < writes.length; at += 8 * WRITES_A_TRANSACTION) {
      const batches = Array.from({ length: 8 }, (_, lane) => {
        const from = at + lane * WRITES_A_TRANSACTION;
        return writes.slice(from, from + WRITES_A_TRANSACTION);
      });
      await Promise.all(batches.filter((batch) => batch.length > 0).map((batch) => store.commit(batch)));
    }

    const replica = await startReplica(etcd.endpoints);
    const status = (await (await fetch(`${replica.admin}/api/status`)).json()) as { instances: number };
    expect(status.instances).toBe(INSTANCES);

    await store.commit([
      { put: "/wayleave/table/routes/new.example/", value: '{"to":[{"app":"new"}]}' },
      {
        put: "/wayleave/table/instances/new/1",
        value: JSON.stringify({ address: "127.0.0.1", port: app.port }),
      },
    ]);
    await eventually(async () => expect((await ask(replica.port, "new.example")).body).toBe("one of many"));
    replica.command.kill("SIGTERM");
    expect(await replica.command.exit).toMatchObject({ code: 0 });
  });
});
