import { keysUnder } from "@wayleave/records";
import { describe, expect, it } from "vitest";

import { readTableFile } from "./read-table-file.ts";

const keys = keysUnder();

function problemsOf(text: string): string[] {
  return readTableFile(text, "t.yaml", keys).problems.map(({ at, reason }) => `${at}: ${reason}`);
}

describe("readTableFile", () => {
  it("reads settings, routes and instances by their places", () => {
    const { records, problems, warnings } = readTableFile(
      `
settings: { retries: { attempts: 2 } }
routes:
  Shop.example.com/api/:
    to: [{ app: shop, weight: 10 }]
  "*.example.com":
    to: [{ app: front }]
instances:
  legacy/one: { address: 10.0.0.3, port: 8080 }
`,
      "t.yaml",
      keys,
    );
    expect([problems, warnings]).toEqual([[], []]);
    expect(records.map(({ key, json }) => [key, json])).toEqual([
      [keys.settings, { retries: { attempts: 2 } }],
      [keys.route("shop.example.com", "/api"), { to: [{ app: "shop", weight: 10 }] }],
      [keys.route("*.example.com", "/"), { to: [{ app: "front" }] }],
      [keys.instance("legacy", "one"), { address: "10.0.0.3", port: 8080 }],
    ]);
  });

  it("reads JSON as well, and anchors", () => {
    expect(
      readTableFile('{"routes": {"a.b/": {"to": [{"app": "x"}]}}}', "t.json", keys).records,
    ).toHaveLength(1);
    const text = "routes:\n  a.b/: &one\n    to: [{ app: x }]\n  b.b/: *one\n";
    expect(readTableFile(text, "t.yaml", keys).records.map(({ json }) => json)).toEqual([
      { to: [{ app: "x" }] },
      { to: [{ app: "x" }] },
    ]);
  });

  it("names file, line and column of the very field that is wrong", () => {
    const text = "routes:\n  a.b/:\n    to:\n      - app: shop\n        weight: -1\n";
    expect(problemsOf(text)).toEqual(["t.yaml:5:9: route a.b/: to[0].weight: must not be negative"]);
  });

  it("finds all mistakes at once", () => {
    const text = `
routes:
  bad host/: { to: [{ app: a }] }
  a.b: { to: [] }
  a.b/: { to: [{ app: a }] }
  c.d: 7
instances:
  app: { address: 10.0.0.1, port: 80 }
  app/one: { address: example.com, port: 80 }
  app/two: { address: 10.0.0.1, port: 70000 }
route: {}
`;
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^t\.yaml:3:3: host "bad host"/),
      expect.stringMatching(/^t\.yaml:4:10: route a\.b\/: to: needs one app or more/),
      expect.stringMatching(
        /^t\.yaml:5:3: route a\.b\/ stands here a second time; the first is at t\.yaml:4:3/,
      ),
      expect.stringMatching(/^t\.yaml:6:8: route c\.d\/ must be a map of fields/),
      expect.stringMatching(/^t\.yaml:8:3: "app" is not APP\/ID/),
      expect.stringMatching(/^t\.yaml:9:14: instance app\/one: address: "example\.com" is not an IP address/),
      expect.stringMatching(/^t\.yaml:10:33: instance app\/two: port: /),
      expect.stringMatching(/^t\.yaml:11:1: there is no "route" in a table file/),
    ]);
  });

  it.each([
    ["routes: [", /^t\.yaml:1:\d+: /],
    ["routes:\n\ta: b", /^t\.yaml:2:1: /],
    ["routes:\n  a: 1\n  a: 2\n", /^t\.yaml:3:3: .*unique/],
    ["routes:\n  *.example.com/: { to: [] }", /^t\.yaml:2:\d+: .*needs quotes/],
    ["just text", /^t\.yaml:1:1: the file must have settings/],
    ["", /^t\.yaml:1:1: the file must have settings/],
    ["settings: { x: .nan }", /^t\.yaml:1:11: settings has the number NaN in x/],
  ])("refuses %j with the place", (text, expected) => {
    expect(problemsOf(text)[0]).toMatch(expected);
  });

  it("warns of fields that mean nothing, and keeps them", () => {
    const text = "routes:\n  a.b/:\n    to: [{ app: a, wieght: 2 }]\n    balnce: round-robin\n";
    const { records, warnings } = readTableFile(text, "t.yaml", keys);
    expect(records[0]?.json).toEqual({ to: [{ app: "a", wieght: 2 }], balnce: "round-robin" });
    expect(warnings.map(({ at, reason }) => `${at} ${reason}`)).toEqual([
      expect.stringMatching(/^t\.yaml:3:20 route a\.b\/: field "wieght" means nothing/),
      expect.stringMatching(/^t\.yaml:4:5 route a\.b\/: field "balnce" means nothing .*balance/),
    ]);
  });
});
