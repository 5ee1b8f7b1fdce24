import { keysUnder } from "@wayleave/records";
import { type Store, openStore } from "@wayleave/store";
import { type Command, eventually, realEtcd, startEtcd, startLoad } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { startNamedInstance, startReplica } from "./cluster.ts";

const INSTANCES = 10;
const keys = keysUnder();

describe.skipIf(!realEtcd.isAvailable)("a rolling deploy of ten instances under load", () => {
  it("loses no request, and each drain is a matter of milliseconds", { timeout: 240_000 }, async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    await store.commit([{ put: keys.route("shop.example", "/"), value: '{"to":[{"app":"shop"}]}' }]);
    const replicas = await Promise.all([startReplica(etcd.endpoints), startReplica(etcd.endpoints)]);
    const deletedAt = followDeletes(store);
    const start = async (version: string, number: number): Promise<Command> => {
      const instance = await startNamedInstance(etcd.endpoints, {
        app: "shop",
        name: `${version}-${number}`,
        delayMs: 5,
        ttlSeconds: 15,
      });
      return instance.command;
    };
    const numbers = Array.from({ length: INSTANCES }, (_, number) => number);
    const old = await Promise.all(
      numbers.map(async (number) => registered(store, await start("v1", number), `v1-${number}`)),
    );

    const load = startLoad({ ports: replicas.map(({ port }) => port), host: "shop.example", pauseMs: 2 });
    await eventually(() => expect(Object.keys(load.result().byBody)).toHaveLength(INSTANCES), {
      withinMs: 30_000,
    });
    const drainsMs: number[] = [];
    const young: Command[] = [];
    for (const [number, leaving] of old.entries()) {
      young.push(await registered(store, await start("v2", number), `v2-${number}`));
      const since = performance.now();
      leaving.kill("SIGTERM");
      expect(await leaving.exit).toMatchObject({ code: 0 });
      const at = await eventually(() => deletedAt(keys.instance("shop", `v1-${number}`)));
      drainsMs.push(at - since);
    }
    const before = load.result().total;
    await eventually(() => expect(load.result().total).toBeGreaterThan(before + 100));
    const result = await load.stop();

    for (const command of [...young, ...replicas.map((replica) => replica.command)]) command.kill("SIGTERM");
    await Promise.all([...young, ...replicas.map((replica) => replica.command)].map(({ exit }) => exit));
    expect(result.errors).toEqual([]);
    expect(Object.keys(result.byStatus)).toEqual(["200"]);
    expect(Math.max(...drainsMs)).toBeLessThan(1_000);
  });
});

async function registered(store: Store, command: Command, name: string): Promise<Command> {
  const key = keys.instance("shop", name);
  await eventually(async () => expect((await store.get(key)).record).toBeDefined(), { withinMs: 30_000 });
  return command;
}

/** Gives when an instance's record was deleted, by `performance.now()`; throws while it was not. */
function followDeletes(store: Store): (key: string) => number {
  const times = new Map<string, number>();
  store.follow(keys.instances, {
    snapshot: () => undefined,
    change({ deletes }) {
      for (const key of deletes) times.set(key, performance.now());
    },
  });
  return (key) => {
    const at = times.get(key);
    if (at === undefined) throw new Error(`${key} was not deleted`);
    return at;
  };
}
