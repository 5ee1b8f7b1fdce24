import { eventually } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createProgram } from "../program.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";
import { complete } from "./complete.ts";

describe("complete", () => {
  let bench: Bench;

  beforeAll(async () => {
    bench = await embeddedBench();
    const { keys } = bench;
    await bench.store.commit([
      { put: keys.route("shop.com", "/"), value: "{}" },
      { put: keys.route("shop.com", "/api"), value: "{}" },
      { put: keys.route("blog.com", "/"), value: "{}" },
      { put: keys.instance("shop", "one"), value: "{}" },
      { put: keys.instance("shop", "two"), value: "{}" },
      { put: keys.instance("blog", "one"), value: "{}" },
      { put: keys.replica("router-1"), value: "{}" },
    ]);
  });
  afterAll(() => bench?.[Symbol.asyncDispose]());

  async function wordsAfter(...words: string[]): Promise<string[]> {
    const lines = await complete(createProgram(), ["--etcd", bench.endpoint, ...words]);
    return lines.map((line) => line.replace(/\t.*/, ""));
  }

  it.each([
    ["commands", ["rou"], ["router", "routes"]],
    ["commands of a command", ["instances", "d"], ["drain"]],
    ["flags", ["routes", "ls", "--js"], ["--json"]],
    ["choices of a flag", ["router", "--engine", ""], ["wire", "http-proxy"]],
    ["choices of an argument", ["completion", ""], ["bash", "zsh", "fish"]],
    ["routes", ["routes", "get", "shop"], ["shop.com", "shop.com/api"]],
    ["routes behind a flag", ["wait", "--route", "b"], ["blog.com"]],
    ["routes of a URL", ["explain", "shop.com/"], ["shop.com/api"]],
    ["more of many", ["routes", "rm", "shop.com", "b"], ["blog.com"]],
    ["instances", ["instances", "drain", ""], ["blog/one", "shop/one", "shop/two"]],
    ["apps behind a flag", ["switch", "shop.com", "--to", "s"], ["shop"]],
    ["routers", ["doctor", "--router-id", ""], ["router-1"]],
    ["hosts", ["routes", "ls", "s"], ["shop.com"]],
    ["nothing where a word is free", ["wait", "--revision", ""], []],
    ["nothing after the last argument", ["routes", "get", "shop.com", ""], []],
    ["nothing of a command that is none", ["nonsense", ""], []],
    ["files", ["apply", "-f", ""], [":files"]],
    ["files for the command of run", ["run", "--app", "a", "--", ""], [":files"]],
  ])("knows %s", async (_, words, found) => {
    // On a busy machine etcd may answer later than completion waits.
    await eventually(async () => expect(await wordsAfter(...words)).toEqual(found));
  });

  it("says what commands do, and nothing of what is hidden", async () => {
    const lines = await complete(createProgram(), [""]);
    expect(lines).toContain("routes\tList, show, write and remove routes.");
    expect(lines.join("\n")).not.toContain("__complete");
    expect(await complete(createProgram(), ["--et"])).toEqual([]);
  });

  it("is silent and quick when etcd does not answer", async () => {
    const program = createProgram();
    expect(await complete(program, ["--etcd", "http://127.0.0.1:1", "routes", "get", ""])).toEqual([]);
  });
});
