import { keysUnder } from "@wayleave/records";
import type { Follower, Snapshot } from "@wayleave/store";
import { pino } from "pino";
import { describe, expect, it } from "vitest";

import { Control } from "./control.ts";
import { OPEN_CHECKS } from "./testing/open-checks.ts";
import { FoldedTable, MapStore, instanceJson, routeJson } from "./testing/map-store.ts";

const keys = keysUnder();
const FILE = "/etc/wayleave/routes.yaml";

const ignored = (): void => undefined;
const done = (): Promise<void> => Promise.resolve();

/** A control on a source that can be followed and no more, as a table file is. */
function start() {
  const table = new FoldedTable();
  const logged: { msg: string }[] = [];
  let follower: Follower | undefined;
  const control = new Control({
    store: {
      endpoints: [],
      follow: (_, given) => {
        follower = given;
        return { revision: 0, lastProofAt: Date.now(), relist: done, close: done };
      },
    },
    keys,
    checks: OPEN_CHECKS,
    sink: table,
    observer: {
      changeApplied: ignored,
      listed: ignored,
      watchEnded: ignored,
      audited: ignored,
      linkChanged: ignored,
      rejected: ignored,
      accepted: ignored,
      held: ignored,
      suspected: ignored,
    },
    logger: pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    id: "one",
    replica: () => expect.unreachable("nobody waits for a router without etcd"),
  });
  const hand = (snapshot: Snapshot): void => {
    follower?.status?.({ state: "live", endpoint: FILE });
    follower?.snapshot(snapshot);
  };
  const refuse = (error: string): void =>
    follower?.status?.({ state: "reconnecting", endpoint: FILE, reason: "file-refused", error });
  return { control, table, hand, refuse, events: () => logged.map(({ msg }) => msg) };
}

describe("a control on a table file", () => {
  it("has the file's records in force, guards included, and publishes no replica", async () => {
    const { control, table, hand, events } = start();
    await control.start();
    const file = new MapStore();
    file.write({
      [keys.route("a.b", "/")]: routeJson("shop"),
      [keys.instance("shop", "1")]: instanceJson("10.0.0.1"),
      [keys.instance("shop", "2")]: instanceJson("169.254.169.254"),
    });
    hand(file.snapshot("start"));
    await control.ready;
    expect([...table.rows.keys()]).toEqual(["route a.b/", "instance shop/1"]);
    expect(control.status).toMatchObject({ state: "live", revision: 1, rejected: 1, replicaFailure: null });
    expect(events()).toContain("table-file-good");
    await control.close();
  });

  it("says that a file is refused, and why, once for each mistake", async () => {
    const { control, hand, refuse, events } = start();
    await control.start();
    const file = new MapStore();
    file.write({ [keys.route("a.b", "/")]: routeJson("shop") });
    hand(file.snapshot("start"));
    for (const error of [`${FILE}:2:3: one`, `${FILE}:2:3: one`, `${FILE}:4:5: another`]) refuse(error);
    expect(control.status).toMatchObject({ state: "refused", endpoint: FILE, error: `${FILE}:4:5: another` });
    expect(events().filter((event) => event === "table-file-refused")).toHaveLength(2);
    hand(file.snapshot("asked"));
    expect(control.status).toMatchObject({ state: "live", error: null });
    await control.close();
  });
});
