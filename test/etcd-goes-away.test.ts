import { openStore } from "@wayleave/store";
import { ask, eventually, realEtcd, startDemoApp, startEtcd, startLoad } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startReplica } from "./cluster.ts";

describe.skipIf(!realEtcd.isAvailable)("a router whose etcd stops", () => {
  it("goes on answering, stays ready, says how old its table is, and follows again when etcd is back", async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    await using app = await startDemoApp({ name: "steady" });
    const instance = JSON.stringify({ address: "127.0.0.1", port: app.port });
    await store.commit([
      { put: "/wayleave/table/routes/a.example/", value: '{"to":[{"app":"steady"}]}' },
      { put: "/wayleave/table/instances/steady/1", value: instance },
    ]);
    const replica = await startReplica(etcd.endpoints);
    const load = startLoad({ ports: [replica.port], host: "a.example" });

    await Promise.all(etcd.members.map((member) => member.stop()));
    const first = await staleness(replica.admin);
    await eventually(async () => expect(await staleness(replica.admin)).toBeGreaterThan(first + 1), {
      what: "the staleness grows",
    });
    expect((await fetch(`${replica.admin}/readyz`)).status).toBe(200);
    expect((await ask(replica.port, "a.example")).status).toBe(200);

    await Promise.all(etcd.members.map((member) => member.start()));
    await store.commit([{ put: "/wayleave/table/routes/b.example/", value: '{"to":[{"app":"steady"}]}' }]);
    await eventually(async () => expect((await ask(replica.port, "b.example")).status).toBe(200), {
      withinMs: 20_000,
      what: "the change is routed",
    });
    await eventually(async () => expect(await staleness(replica.admin)).toBeLessThan(15), {
      what: "the table is fresh again",
    });

    const result = await load.stop();
    replica.command.kill("SIGTERM");
    expect(await replica.command.exit).toMatchObject({ code: 0 });
    expect(result.errors).toEqual([]);
    expect(Object.keys(result.byStatus)).toEqual(["200"]);
  });
});

async function staleness(admin: string): Promise<number> {
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  const line = /^wayleave_table_staleness_seconds(?:\{[^}]*\})? (\S+)$/m.exec(metrics);
  return Number(line?.[1]);
}
