import { normalizePath } from "@wayleave/records";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { putRoute, sampleChange } from "./samples.ts";
import { Table } from "./table.ts";

function tableOf(...places: string[]): Table {
  const table = new Table({ affinityKey: "k" });
  table.apply(sampleChange(1, { routes: places.map((place) => putRoute(place, [{ app: "shop" }])) }));
  return table;
}

function placeOf(table: Table, host: string, path: string): string | undefined {
  const route = table.match(host, path);
  return route === undefined ? undefined : route.host + route.path;
}

describe("hosts", () => {
  const table = tableOf("a.example.com/", "*.example.com/", "*.b.example.com/", "*.com/");

  it.each([
    ["a.example.com", "a.example.com/"],
    ["x.example.com", "*.example.com/"],
    ["y.x.example.com", "*.example.com/"],
    ["z.y.x.example.com", "*.example.com/"],
    ["b.example.com", "*.example.com/"],
    ["x.b.example.com", "*.b.example.com/"],
    ["x.a.example.com", "*.example.com/"],
    ["example.com", "*.com/"],
    ["com", undefined],
    [".com", undefined],
    ["", undefined],
    ["xexample.org", undefined],
    ["*.example.com", "*.example.com/"],
  ])("%s is answered by %s", (host, place) => expect(placeOf(table, host, "/")).toBe(place));

  it("never implies a route for every host", () => {
    expect(placeOf(tableOf("a.example.com/"), "b.example.org", "/")).toBeUndefined();
    expect(placeOf(tableOf("a.example.com/", "*/"), "b.example.org", "/")).toBe("*/");
  });

  it("lets the most specific host decide, even when it does not have the path", () => {
    const shared = tableOf("shop.example.com/api", "*.example.com/", "*/", "*.b.example.com/x");
    expect(placeOf(shared, "shop.example.com", "/api/1")).toBe("shop.example.com/api");
    expect(placeOf(shared, "shop.example.com", "/")).toBeUndefined();
    expect(placeOf(shared, "a.b.example.com", "/")).toBeUndefined();
    expect(placeOf(shared, "other.example.com", "/")).toBe("*.example.com/");
  });

  it("forgets a host with its last route", () => {
    const table2 = tableOf("shop.example.com/api", "*.example.com/");
    table2.apply(sampleChange(2, { routes: [{ host: "shop.example.com", path: "/api", route: null }] }));
    expect(placeOf(table2, "shop.example.com", "/api")).toBe("*.example.com/");
    table2.apply(sampleChange(3, { routes: [{ host: "*.example.com", path: "/", route: null }] }));
    expect(placeOf(table2, "shop.example.com", "/api")).toBeUndefined();
    expect(table2.routeCount).toBe(0);
  });
});

describe("paths", () => {
  const table = tableOf("h/", "h/api", "h/api/v1", "h/a%2Fb", "only/deep/er");

  it.each([
    ["/", "h/"],
    ["/api", "h/api"],
    ["/api/", "h/api"],
    ["/api/x", "h/api"],
    ["/apix", "h/"],
    ["/api/v1", "h/api/v1"],
    ["/api/v1/x/y/z", "h/api/v1"],
    ["/api/v12", "h/api"],
    ["/a%2Fb/c", "h/a%2Fb"],
    ["/a/b", "h/"],
    ["//api", "h/"],
    ["/API", "h/"],
    ["*", "h/"],
    ["", "h/"],
    ["api", "h/"],
    ["xapi", "h/"],
  ])("%s is answered by %s", (path, place) => expect(placeOf(table, "h", path)).toBe(place));

  it.each(["/", "/deep", "/deeper", "*", ""])("%s is unknown where there is no route above it", (path) =>
    expect(placeOf(table, "only", path)).toBeUndefined(),
  );
});

/** What DESIGN section 4 says, word by word, at any cost. */
function naiveMatch(
  places: readonly { host: string; path: string }[],
  host: string,
  path: string,
): string | undefined {
  const matching = places.filter(
    (place) =>
      place.host === "*" ||
      place.host === host ||
      (place.host.startsWith("*.") &&
        host.length > place.host.length - 1 &&
        host.endsWith(place.host.slice(1))),
  );
  const specificity = (name: string): number => (name === host ? 1_000 : name === "*" ? 0 : name.length);
  const best = matching.reduce((most, place) => Math.max(most, specificity(place.host)), -1);
  return matching
    .filter((place) => specificity(place.host) === best)
    .filter(({ path: prefix }) => prefix === "/" || path === prefix || path.startsWith(`${prefix}/`))
    .toSorted((a, b) => b.path.length - a.path.length)
    .map((place) => place.host + place.path)[0];
}

const label = fc.constantFrom("a", "b", "com", "example");
const hostName = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join("."));
const routeHost = fc.oneof(
  hostName,
  hostName.map((name) => `*.${name}`),
  fc.constant("*"),
);
const segment = fc.constantFrom("a", "b", "ab", "a%2Fb", "v1");
const routePath = fc.array(segment, { maxLength: 3 }).map((segments) => `/${segments.join("/")}`);
const requestPath = fc
  .array(fc.oneof(segment, fc.constantFrom("", ".", "..", "%61")), { maxLength: 5 })
  .map((segments) => normalizePath(`/${segments.join("/")}`));
const place = fc.record({ host: routeHost, path: routePath });

describe("any table", () => {
  it("matches as the words of the design do", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(place, { maxLength: 25, size: "max" }),
        fc.array(place, { maxLength: 10, size: "max" }),
        fc.array(fc.record({ host: hostName, path: requestPath }), {
          minLength: 1,
          maxLength: 10,
          size: "max",
        }),
        (puts, deletes, requests) => {
          const table = tableOf(...puts.map(({ host, path }) => host + path));
          table.apply(sampleChange(2, { routes: deletes.map((gone) => ({ ...gone, route: null })) }));
          const left = puts.filter(
            (put) => !deletes.some((gone) => gone.host === put.host && gone.path === put.path),
          );
          for (const { host, path } of requests) {
            expect(placeOf(table, host, path)).toBe(naiveMatch(left, host, path));
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** The fastest of several runs: what the machine does besides only ever adds. */
function fastestMs(run: (at: number) => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (let at = 0; at < 200; at++) run(at);
    return performance.now() - start;
  });
  return Math.min(...times);
}

describe("hostile requests", () => {
  it("costs no more to match 8,000 segments than the deepest route has", () => {
    const table = tableOf("h/", "h/a/a", "h/b");
    const few = `/${"a/".repeat(8)}`;
    const many = `/${"a/".repeat(8_000)}`;
    expect(placeOf(table, "h", many)).toBe("h/a/a");
    // Cut at every slash, it would be 1,000 times as much and more.
    expect(fastestMs(() => table.match("h", many)) / fastestMs(() => table.match("h", few))).toBeLessThan(
      100,
    );
  });

  it("looks up no more suffixes of a host than wildcards have labels", () => {
    const table = tableOf("*.example.com/");
    const dots = `${"a.".repeat(7_000)}example.com`;
    const noDots = `${"aa".repeat(7_000)}.example.com`;
    expect(placeOf(table, dots, "/")).toBe("*.example.com/");
    // A string is hashed once: made anew each time, as a request's host is.
    const ofDots = fastestMs((at) => table.match(`${at}${dots}`, "/"));
    expect(ofDots / fastestMs((at) => table.match(`${at}${noDots}`, "/"))).toBeLessThan(20);
  });
});
