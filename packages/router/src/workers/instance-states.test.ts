import { describe, expect, it } from "vitest";

import { Table } from "../table/table.ts";
import { ShownStates, takeStates } from "./instance-states.ts";

function tableOf(count: number): Table {
  const table = new Table({ affinityKey: "key" });
  const record = {
    address: "10.0.0.1",
    protocol: "http",
    state: "ready",
    since: 1,
    isSuspect: false,
  } as const;
  const instances = Array.from({ length: count }, (_, index) => ({
    app: "shop",
    id: `i${index}`,
    instance: { ...record, port: 1_000 + index },
  }));
  table.apply({ revision: 1, routes: [], instances });
  return table;
}

function busy(
  table: Table,
  id: string,
  state: { active: number; failures: number; ejectedUntil: number; exchanges?: number },
): void {
  const entry = table.app("shop")?.instances.get(id);
  if (entry === undefined) throw new Error(`no ${id}`);
  Object.assign(entry, state);
}

function shownAt(table: Table, id: string): unknown[] {
  const entry = table.app("shop")?.instances.get(id);
  return [entry?.active, entry?.failures, entry?.ejectedUntil];
}

describe("what workers know of instances", () => {
  it("adds up what runs, tells the worst of what failed, and is forgotten at the next time", async () => {
    const workers = [tableOf(3), tableOf(3)];
    for (const [index, table] of workers.entries()) {
      busy(table, "i1", { active: 2 + index, failures: 4 - index, ejectedUntil: 10 * index });
    }
    const table = tableOf(3);
    const shown = new ShownStates(table);
    const told = await Promise.all(workers.map(takeStates));
    expect(told.map((states) => states.map(({ id }) => id))).toEqual([["i1"], ["i1"]]);
    shown.show(told.flat());
    expect(shownAt(table, "i1")).toEqual([5, 4, 10]);
    expect(shownAt(table, "i2")).toEqual([0, 0, 0]);
    shown.eject({ app: "shop", id: "i2", ejectedUntil: 99 });
    expect(shownAt(table, "i2")).toEqual([0, 0, 99]);
    shown.show([]);
    expect(shownAt(table, "i2")).toEqual([0, 0, 0]);
    expect(shownAt(table, "i1")).toEqual([0, 0, 0]);
  });

  it("tells why a TLS handshake failed, whichever worker saw it", async () => {
    const workers = [tableOf(1), tableOf(1)];
    for (const [index, table] of workers.entries()) {
      busy(table, "i0", { active: 1, failures: 0, ejectedUntil: 0 });
      const entry = table.app("shop")?.instances.get("i0");
      if (entry !== undefined && index === 1) entry.tlsFailure = "certificate has expired";
    }
    const table = tableOf(1);
    const shown = new ShownStates(table);
    shown.show((await Promise.all(workers.map(takeStates))).flat());
    const entry = table.app("shop")?.instances.get("i0");
    expect(entry?.tlsFailure).toBe("certificate has expired");
    shown.show([]);
    expect(entry?.tlsFailure).toBeUndefined();
  });

  it("counts the exchanges since it was last asked", async () => {
    const table = tableOf(1);
    busy(table, "i0", { active: 0, failures: 0, ejectedUntil: 0, exchanges: 3 });
    expect(await takeStates(table)).toMatchObject([{ id: "i0", exchanges: 3 }]);
    expect(await takeStates(table)).toEqual([]);
  });
});
