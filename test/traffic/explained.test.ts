// What `explain` says is what the router does: random tables and requests, in a real router.

import { writeFile, rename } from "node:fs/promises";
import { join } from "node:path";

import { type DemoApp, eventually, startDemoApp, temporaryDirectory } from "@wayleave/testkit";
import type { Explanation } from "@wayleave/router";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type RunningReplica, startStaticRouter } from "../cluster.ts";
import { visit } from "./stage.ts";

const TABLES = 15;
const REQUESTS = 20;
const INSTANCES = 12;

const appName = fc.constantFrom("a", "b", "c", "nobody");
const version = fc.option(fc.constantFrom("v1", "v2"), { nil: undefined });
const weight = fc.option(fc.constantFrom(0, 1, 2, 10), { nil: undefined });
const host = fc.constantFrom("shop.example", "*.example", "*.shop.example", "www.shop.example", "*");
const path = fc.constantFrom("/", "/a", "/a/b", "/c");

const route = fc.record(
  {
    to: fc.array(fc.record({ app: appName, version, weight }), { minLength: 1, maxLength: 3, size: "max" }),
    balance: fc.constantFrom(
      "round-robin",
      "least-connections",
      { hash: "client-address" },
      { hash: { header: "X-Key" } },
      { hash: { cookie: "key" } },
    ),
    affinity: fc.constantFrom(
      { mode: "none" },
      { mode: "router-cookie" },
      { mode: "app-cookie", cookies: ["session"] },
    ),
  },
  { requiredKeys: ["to"] },
);

const instance = fc.record({
  app: fc.constantFrom("a", "b", "c"),
  version,
  weight,
  zone: fc.option(fc.constantFrom("here", "there"), { nil: undefined }),
  state: fc.constantFrom("ready", "ready", "ready", "draining"),
});

const table = fc.record({
  routes: fc.uniqueArray(fc.record({ host, path, route }), {
    minLength: 1,
    maxLength: 8,
    size: "max",
    selector: (each) => each.host + each.path,
  }),
  instances: fc.array(instance, { maxLength: INSTANCES, size: "max" }),
});

const asked = fc.record({
  host: fc.constantFrom(
    "shop.example",
    "www.shop.example",
    "x.y.shop.example",
    "other.example",
    "else.where",
  ),
  path: fc.constantFrom("/", "/a", "/a/b/c", "/ab", "/c/", "/c/../a"),
  key: fc.constantFrom("k1", "k2", "k3"),
  session: fc.boolean(),
  /** Of the instances that were met before, which one's cookie to bring; none when it is no index. */
  cookieOf: fc.integer({ min: 0, max: 5 }),
});

describe("the explanation of a request", () => {
  const apps: DemoApp[] = [];
  let router: RunningReplica;
  let file: string;

  beforeAll(async () => {
    for (let count = 0; count < INSTANCES; count += 1) apps.push(await startDemoApp({ name: `i${count}` }));
    file = join(temporaryDirectory("explained"), "table.yaml");
    await writeFile(file, JSON.stringify({ routes: {} }));
    router = await startStaticRouter(file, ["--access-log", "off", "--zone", "here"]);
  });

  afterAll(async () => {
    await router[Symbol.asyncDispose]();
    for (const app of apps) await app.close();
  });

  it(
    "names the route, the instance and the failure that the router then takes",
    { timeout: 120_000 },
    async () => {
      const outcomes = new Set<string>();
      // They outlive their instances, as those of browsers do.
      let cookies: string[] = [];
      const tables = fc.sample(
        fc.tuple(table, fc.array(asked, { minLength: REQUESTS, maxLength: REQUESTS, size: "max" })),
        {
          numRuns: TABLES,
          seed: 4,
        },
      );
      for (const [index, [records, requests]] of tables.entries()) {
        await inForce(records, index + 2);
        for (const request of requests) {
          const sent = {
            key: request.key,
            ...(request.session && { session: "1" }),
            ...(cookies[request.cookieOf] !== undefined && { __WL_ID: cookies[request.cookieOf] ?? "" }),
          };
          const explained = await explain(request, sent);
          const answer = await visit(router.port, {
            ...request,
            cookies: sent,
            headers: { "x-key": request.key },
          });
          const { picked, failure } = explained;
          const failed = answer.headers["x-wayleave-error"] ?? null;
          expect({ request, failure: failed, id: failed === null ? answer.body : null }).toEqual({
            request,
            failure,
            id: picked?.id ?? null,
          });
          outcomes.add(failure ?? explained.affinity ?? typeof explained.balance);
          const { __WL_ID: id } = answer.cookies;
          if (id !== undefined) cookies = [id, ...cookies.filter((each) => each !== id)].slice(0, 5);
        }
      }
      // All that may come of a request has come up.
      expect([...outcomes].toSorted()).toEqual([
        "kept",
        "no-instances",
        "object",
        "replaced",
        "string",
        "unknown-route",
      ]);
    },
  );

  async function inForce(
    { routes, instances }: typeof table extends fc.Arbitrary<infer T> ? T : never,
    revision: number,
  ): Promise<void> {
    const text = JSON.stringify({
      // Nothing is to be held back: each table has nothing to do with the one before.
      settings: { shrinkHoldMs: 0, suspectMs: 0 },
      routes: Object.fromEntries(routes.map((each) => [each.host + each.path, each.route])),
      instances: Object.fromEntries(
        instances.map(({ app, ...more }, index) => [
          `${app}/i${index}`,
          { address: "127.0.0.1", port: apps[index]?.port, ...more },
        ]),
      ),
    });
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
    await eventually(async () => {
      expect(await (await fetch(`${router.admin}/api/status`)).json()).toMatchObject({
        revision,
        state: "live",
      });
    });
  }

  async function explain(
    request: { readonly host: string; readonly path: string; readonly key: string },
    cookies: Record<string, string>,
  ): Promise<Explanation> {
    const url = new URL("/api/explain", router.admin);
    const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
    url.searchParams.set("url", `http://${request.host}${request.path}`);
    url.searchParams.append("header", `Cookie: ${cookie.join("; ")}`);
    url.searchParams.append("header", `X-Key: ${request.key}`);
    const { explanation } = (await (await fetch(url)).json()) as { explanation: Explanation };
    return explanation;
  }
});
