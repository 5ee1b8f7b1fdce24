import { keysUnder } from "@wayleave/records";
import { FAILURES } from "@wayleave/router";
import { describe, expect, it } from "vitest";

import { readTableFile } from "./read-table-file.ts";
import { DECIDED_FAILURES } from "./read-tests.ts";

const keys = keysUnder();

function problemsOf(text: string): string[] {
  return readTableFile(text, "t.yaml", keys).problems.map(({ at, reason }) => `${at}: ${reason}`);
}

describe("the tests of a table file", () => {
  it("are read with their places", () => {
    const text = `
tests:
  - url: https://shop.example.com/cart
    method: POST
    client: 203.0.113.9
    headers: { Cookie: a=b, X-Two: [1, 2] }
    expect: { app: shop, version: v2, route: Shop.example.com/cart/ }
  - { url: a.b, expect: { failure: unknown-route, status: 404 } }
`;
    const { tests, records, problems } = readTableFile(text, "t.yaml", keys);
    expect([records, problems]).toEqual([[], []]);
    expect(tests).toMatchObject([
      {
        at: "t.yaml:3:5",
        request: {
          url: "https://shop.example.com/cart",
          method: "POST",
          client: "203.0.113.9",
          headers: [
            ["Cookie", "a=b"],
            ["X-Two", "1"],
            ["X-Two", "2"],
          ],
        },
        expect: { app: "shop", version: "v2", route: { host: "shop.example.com", path: "/cart" } },
      },
      { at: "t.yaml:8:5", request: { url: "a.b" }, expect: { failure: "unknown-route", status: 404 } },
    ]);
  });

  it.each([
    ["tests: { url: a.b }", "t.yaml:1:8: tests must be a list of {url, expect}"],
    ["tests: [7]", "t.yaml:1:9: a test must be a map with url and expect"],
    ["tests:\n  - expect: { app: a }", "t.yaml:2:5: a test must have a url"],
    [
      "tests:\n  - { url: a.b }",
      "t.yaml:2:5: test: expect: must have one of app, version, route, failure, status or more",
    ],
    ["tests:\n  - url: a.b\n    expect: { apps: a }", "t.yaml:3:15: test: expect.apps: is no field of it"],
    [
      "tests:\n  - url: a.b\n    verb: GET\n    expect: { app: a }",
      "t.yaml:3:5: test: verb: is no field of it",
    ],
    [
      "tests:\n  - url: a.b\n    expect: { failure: connect-refused }",
      "t.yaml:3:15: test: expect.failure: must be bad-request, unknown-route",
    ],
    [
      "tests:\n  - url: a.b\n    expect: { status: 200 }",
      "t.yaml:3:15: test: expect.status: must be 400, 404, 503",
    ],
    ["tests:\n  - url: a.b\n    expect: { route: 'a b/' }", 't.yaml:3:15: test: expect.route: host "a b"'],
    ["tests:\n  - url: a.b\n    expect: { app: 7 }", "t.yaml:3:15: test: expect.app: must be a text"],
  ])("are refused with the place: %j", (text, expected) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(expected)]);
  });

  it("know the statuses of the failure table", () => {
    for (const [code, status] of Object.entries(DECIDED_FAILURES)) {
      expect(Object.entries(FAILURES).find(([name]) => name === code)?.[1].status).toBe(status);
    }
  });
});
