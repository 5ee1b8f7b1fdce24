import { openStore } from "@wayleave/store";
import { ask, eventually, realEtcd, startDemoApp, startEtcd } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startReplica } from "./cluster.ts";

describe.skipIf(!realEtcd.isAvailable)("a bad record", () => {
  it("leaves the last good value in force, is named with its reason, and stops nothing else", async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    await using app = await startDemoApp({ name: "good" });
    const table = "/wayleave/table";
    await store.commit([
      { put: `${table}/routes/a.example/`, value: '{"to":[{"app":"good"}]}' },
      { put: `${table}/routes/b.example/`, value: '{"to":[{"app":"good"}]}' },
      { put: `${table}/instances/good/1`, value: JSON.stringify({ address: "127.0.0.1", port: app.port }) },
    ]);
    const replica = await startReplica(etcd.endpoints);

    const bad = new Map([
      [`${table}/routes/a.example/`, ["{not json", "not JSON"]],
      [`${table}/routes/b.example/`, ['{"to":"good"}', "to:"]],
      [`${table}/routes/two words.example/`, ['{"to":[{"app":"good"}]}', 'host "two words.example"']],
      [`${table}/instances/good/1`, ['{"address":"app.local","port":80}', "address:"]],
      [`${table}/instances/good/2`, ['{"address":"169.254.169.254","port":80}', "169.254.169.254"]],
    ]);
    await store.commit([
      ...[...bad].map(([put, [value]]) => ({ put, value: value ?? "" })),
      { put: `${table}/routes/c.example/`, value: '{"to":[{"app":"good"}]}' },
    ]);

    // The good record of the same transaction is in force, and so are the last good ones of the others.
    await eventually(async () => expect((await ask(replica.port, "c.example")).body).toBe("good"));
    expect((await ask(replica.port, "a.example")).body).toBe("good");
    expect((await ask(replica.port, "b.example")).body).toBe("good");
    expect((await ask(replica.port, "two words.example")).status).toBe(400);

    const rejected = (await (await fetch(`${replica.admin}/api/rejected`)).json()) as {
      key: string;
      reason: string;
      revision: number;
    }[];
    expect(rejected.map(({ key }) => key).toSorted()).toEqual([...bad.keys()].toSorted());
    for (const { key, reason, revision } of rejected) {
      expect(reason).toContain(bad.get(key)?.[1]);
      expect(revision).toBeGreaterThan(1);
    }

    // Mended, it is no longer named.
    await store.commit([
      { put: `${table}/routes/a.example/`, value: '{"to":[{"app":"good"}],"labels":{"mended":"yes"}}' },
    ]);
    await eventually(async () => {
      const left = (await (await fetch(`${replica.admin}/api/rejected`)).json()) as { key: string }[];
      expect(left.map(({ key }) => key)).not.toContain(`${table}/routes/a.example/`);
    });
    replica.command.kill("SIGTERM");
    expect(await replica.command.exit).toMatchObject({ code: 0 });
  });
});
