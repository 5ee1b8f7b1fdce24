import { openStore, type Store } from "@wayleave/store";
import { ask, type EtcdCluster, eventually, realEtcd, startEtcd, startLoad } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  type NamedInstance,
  type RunningReplica,
  startNamedInstance,
  startReplica,
  wayleave,
} from "./cluster.ts";

const TTL_SECONDS = 5;

describe.skipIf(!realEtcd.isAvailable)("two routers on one etcd", () => {
  let etcd: EtcdCluster;
  let store: Store;
  let replicas: RunningReplica[];
  const instances = new Map<string, NamedInstance>();

  const ports = (): number[] => replicas.map((replica) => replica.port);
  const recordOf = async (name: string): Promise<unknown> =>
    (await store.get(`/wayleave/table/instances/shop/${name}`)).record;

  async function startInstance(name: string): Promise<void> {
    instances.set(
      name,
      await startNamedInstance(etcd.endpoints, { app: "shop", name, delayMs: 2, ttlSeconds: TTL_SECONDS }),
    );
    for (const port of ports()) {
      await eventually(async () => expect(await answersOf(port)).toContain(name), {
        withinMs: 20_000,
        what: `${name} answers`,
      });
    }
  }

  beforeAll(async () => {
    etcd = await startEtcd();
    store = openStore({ endpoints: etcd.endpoints });
    replicas = await Promise.all([startReplica(etcd.endpoints), startReplica(etcd.endpoints)]);
    await wayleave(etcd.endpoints, "routes", "set", "shop.example", "--to", "shop", "--wait");
    for (const name of ["s1", "s2", "s3"]) await startInstance(name);
  });

  afterAll(async () => {
    const commands = [...instances.values(), ...replicas].map(({ command }) => command);
    for (const command of commands) command.kill("SIGTERM");
    await Promise.all(commands.map((command) => command.exit));
    await store.close();
    await etcd.close();
  });

  it("route to every instance that registered itself, in turn", async () => {
    for (const port of ports()) {
      expect(new Set(await answersOf(port))).toEqual(new Set(["s1", "s2", "s3"]));
    }
  });

  it("lose no request when an instance is killed: the client sees 200s only, and its record runs out", async () => {
    const load = startLoad({ ports: ports(), host: "shop.example" });
    await eventually(() => expect(load.result().byBody["s1"]).toBeGreaterThan(50));
    instances.get("s1")?.crash();
    const since = performance.now();
    await eventually(async () => expect(await recordOf("s1")).toBeUndefined(), {
      withinMs: 20_000,
      what: "the record is gone",
    });
    const goneAfterMs = performance.now() - since;
    const result = await load.stop();
    instances.delete("s1");
    expect(result.errors).toEqual([]);
    expect(Object.keys(result.byStatus)).toEqual(["200"]);
    expect(goneAfterMs).toBeLessThan((TTL_SECONDS + 2) * 1000);
  });

  it("lose no request of 10,000 or more while instances stop by SIGTERM and come back", async () => {
    const load = startLoad({ ports: ports(), host: "shop.example", concurrency: 16 });
    for (let round = 0; load.result().total < 10_000 || round < 3; round += 1) {
      const name = round % 2 === 0 ? "s2" : "s3";
      const leaving = instances.get(name)?.command;
      leaving?.kill("SIGTERM");
      expect(await leaving?.exit).toMatchObject({ code: 0 });
      expect(await recordOf(name)).toBeUndefined();
      await startInstance(name);
    }
    const result = await load.stop();
    expect(result.errors).toEqual([]);
    expect(Object.keys(result.byStatus)).toEqual(["200"]);
    expect(result.total).toBeGreaterThanOrEqual(10_000);
  });
});

/** Eight answers, asked for at once. */
async function answersOf(port: number): Promise<string[]> {
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(port, "shop.example")));
  return answers.map((answer) => answer.body);
}
