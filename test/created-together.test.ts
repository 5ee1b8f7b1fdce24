import { openStore } from "@wayleave/store";
import { ask, realEtcd, startDemoApp, startEtcd } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startReplica } from "./cluster.ts";

const ROUNDS = 50;

describe.skipIf(!realEtcd.isAvailable)("a route and its instances written in one transaction", () => {
  it("appear together: under load no request ever sees 503", async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    await using app = await startDemoApp({ name: "together" });
    const replicas = await Promise.all([startReplica(etcd.endpoints), startReplica(etcd.endpoints)]);
    const statuses = new Map<number, number>();

    for (let round = 0; round < ROUNDS; round += 1) {
      const host = `r${round}.example`;
      const asking = replicas.map((replica) => askUntilFound(replica.port, host, statuses));
      await store.commit([
        { put: `/wayleave/table/routes/${host}/`, value: JSON.stringify({ to: [{ app: `app${round}` }] }) },
        ...["a", "b", "c"].map((id) => ({
          put: `/wayleave/table/instances/app${round}/${id}`,
          value: JSON.stringify({ address: "127.0.0.1", port: app.port }),
        })),
      ]);
      await Promise.all(asking);
    }

    for (const replica of replicas) replica.command.kill("SIGTERM");
    await Promise.all(replicas.map((replica) => replica.command.exit));
    expect(new Set(statuses.keys())).toEqual(new Set([200, 404]));
    expect(statuses.get(200)).toBe(ROUNDS * replicas.length * 4);
  });
});

/** Four clients, each asking on and on until the route is there; counts every status on the way. */
async function askUntilFound(port: number, host: string, statuses: Map<number, number>): Promise<void> {
  const client = async (): Promise<void> => {
    for (;;) {
      const { status } = await ask(port, host);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status !== 404) return;
    }
  };
  await Promise.all([client(), client(), client(), client()]);
}
