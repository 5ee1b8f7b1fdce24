import { ask, realEtcd, startCommand, startDemoApp } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { keys, putInstance, putRoute, Stage } from "./stage.ts";

const SHOP = [{ app: "shop" }];

/** A bad route, and how its reason begins. */
const BAD: Record<string, [route: object, reason: string]> = {
  "a negative weight": [{ to: [{ app: "shop", weight: -1 }] }, "to[0].weight: must not be negative"],
  "an unknown balance": [
    { to: SHOP, balance: "best" },
    'balance: must be "round-robin", "least-connections", "power-of-two" or {"hash": SOURCE}',
  ],
  "a timeout of a text": [
    { to: SHOP, timeouts: { answerHeadMs: "30s" } },
    "timeouts.answerHeadMs: Invalid input: expected number",
  ],
  "an affinity without cookies": [
    { to: SHOP, affinity: { mode: "app-cookie", cookies: [] } },
    "affinity.cookies: needs the name of one session cookie or more",
  ],
  "a hash without a source": [{ to: SHOP, balance: { hash: {} } }, "balance: a hash needs a source"],
  "no app": [{ to: [] }, "to: needs one app or more"],
};

describe.skipIf(!realEtcd.isAvailable)("a bad route", () => {
  it("is refused by the command with field and reason, and nothing is written", async () => {
    await using stage = await Stage.start(1);
    const etcd = ["--etcd", stage.store.endpoints.join(",")];
    await Promise.all(
      Object.values(BAD).map(async ([route, reason]) => {
        await using command = await startCommand([
          "routes",
          "set",
          "bad.example",
          "--record",
          JSON.stringify(route),
          ...etcd,
        ]);
        expect(await command.exit).toMatchObject({ code: 6 });
        expect(command.stderr()).toContain(reason);
      }),
    );

    const bad = Object.fromEntries(
      Object.values(BAD).map(([route], index) => [`bad${index}.example`, route]),
    );
    const input = JSON.stringify({ routes: { "good.example": { to: SHOP }, ...bad } });
    await using command = await startCommand(["apply", "-f", "-", ...etcd], { input });
    expect(await command.exit).toMatchObject({ code: 6 });
    for (const [index, [, reason]] of Object.values(BAD).entries()) {
      expect(command.stderr()).toMatch(new RegExp(`stdin:1:\\d+: route bad${index}\\.example/: `));
      expect(command.stderr()).toContain(reason);
    }
    expect((await stage.store.list(keys.table)).records).toEqual([]);
  });

  it("in etcd is named with field and reason, and the last good one stays in force", async () => {
    await using stage = await Stage.start(1);
    await using app = await startDemoApp({ name: "shop" });
    const hosts = Object.keys(BAD).map((name) => `${name.replaceAll(" ", "-")}.example`);
    await stage.commit([putInstance("shop", "one", app.port), ...hosts.map((host) => putRoute(host, SHOP))]);
    const writes = Object.values(BAD).map(([route], index) => ({
      put: keys.route(hosts[index] ?? "", "/"),
      value: JSON.stringify(route),
    }));
    const revision = await stage.commit(writes);
    const admin = stage.replicas[0]?.admin ?? "";
    const rejected = (await (await fetch(`${admin}/api/rejected`)).json()) as {
      key: string;
      reason: string;
    }[];
    expect(rejected).toHaveLength(hosts.length);
    for (const [index, [, reason]] of Object.values(BAD).entries()) {
      const host = hosts[index] ?? "";
      expect(rejected).toContainEqual(
        expect.objectContaining({
          key: keys.route(host, "/"),
          reason: expect.stringContaining(reason),
          revision,
        }),
      );
      expect(await ask(stage.port, host)).toMatchObject({ status: 200, body: "shop" });
    }
  });
});
