import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { embeddedBench } from "../testing/run-wayleave.ts";
import { commitWrite } from "./commit-write.ts";
import { conditionOn, readForWrite } from "./read-for-write.ts";

describe("commitWrite", () => {
  it.each([
    ["changed", '{"to":[{"app":"theirs"}]}'],
    ["removed", undefined],
  ])("says that somebody else %s the record since it was read, and writes nothing", async (_, theirs) => {
    await using bench = await embeddedBench();
    const { store, keys } = bench;
    const key = keys.route("a.com", "/");
    await store.commit([{ put: key, value: "{}" }]);
    const found = await readForWrite(store, { key, what: "route a.com/" });
    await store.commit([theirs === undefined ? { delete: key } : { put: key, value: theirs }]);
    const before = await bench.revision();

    const context = { store, keys, output: createOutput({ isJson: false }), flags: { waitTimeout: 1_000 } };
    const other = { put: keys.route("b.com", "/"), value: "{}" };
    const planned = { writes: [{ put: key, value: "{}" }, other], conditions: [conditionOn(key, found)] };
    await expect(commitWrite(context, planned)).rejects.toMatchObject({
      exitCode: EXIT.conflict,
      message:
        "route a.com/ was changed by somebody else in the meantime, so nothing was written. Look, and run it again",
    });
    expect(await bench.revision()).toBe(before);
  });

  it("says so when somebody else was the first to create it", async () => {
    await using bench = await embeddedBench();
    const { store, keys } = bench;
    const key = keys.instance("a", "one");
    const found = await readForWrite(store, { key, what: "instance a/one" });
    await store.commit([{ put: key, value: "{}" }]);
    const context = { store, keys, output: createOutput({ isJson: false }), flags: { waitTimeout: 1_000 } };
    const planned = { writes: [{ put: key, value: "{}" }], conditions: [conditionOn(key, found)] };
    await expect(commitWrite(context, planned)).rejects.toMatchObject({
      exitCode: EXIT.conflict,
      message: expect.stringMatching(/^instance a\/one was changed/),
    });
  });
});
