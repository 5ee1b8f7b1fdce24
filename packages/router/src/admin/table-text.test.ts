import { describe, expect, it } from "vitest";

import { putInstance, putRoute, sampleChange } from "../table/samples.ts";
import { Table } from "../table/table.ts";
import { textNow } from "./table-text.ts";

/** More than are written in one turn. */
const MANY = 2_500;

async function textOf(table: Table, betweenSlices: () => void = () => undefined): Promise<unknown> {
  let text = "";
  for await (const slice of textNow(table)) {
    text += slice;
    betweenSlices();
  }
  return JSON.parse(text);
}

describe("the text of a table", () => {
  it("has each row once, and all of one revision, though the table changes while it is read", async () => {
    const table = new Table({ affinityKey: "key" });
    const numbers = Array.from({ length: MANY }, (_, index) => index);
    const routes = numbers.map((number) => putRoute(`h${number}.example/`, [{ app: "a" }]));
    const instances = numbers.map((number) => putInstance(`a${number}`, "1"));
    table.apply(sampleChange(1, { routes, instances }));
    const said = await textOf(table, () => {
      const last = MANY - 1;
      const change = {
        routes: [
          { host: `h${last}.example`, path: "/", route: null },
          putRoute(`h${last - 1}.example/`, [{ app: "b" }]),
          putRoute(`new${table.revision}.example/`, [{ app: "a" }]),
        ],
        instances: [
          { app: `a${last}`, id: "1", instance: null },
          putInstance(`a${last - 1}`, "1", { address: "10.9.9.9", weight: 9 }),
        ],
      };
      table.apply(sampleChange(table.revision + 1, change));
    });
    expect(table.revision).toBeGreaterThan(4);
    expect(said).toEqual({ revision: 1, settings: {}, routes, instances });
  });

  it("is one of an empty table, too", async () => {
    const empty = { revision: 0, settings: {}, routes: [], instances: [] };
    expect(await textOf(new Table({ affinityKey: "key" }))).toEqual(empty);
  });
});
