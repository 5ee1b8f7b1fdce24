import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { openStore } from "@wayleave/store";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Router } from "../router.ts";
import { applied, instance, keys, route, start } from "../testing/router-world.ts";

const COUNT = 25;

interface Page {
  readonly status: number;
  readonly total: string | null;
  readonly next: string | undefined;
  readonly rows: readonly { readonly id: string; readonly host: string; readonly app: string }[];
}

describe("a list in pages", () => {
  const stack = new AsyncDisposableStack();
  let router: Router;
  let store: ReturnType<typeof openStore>;

  beforeAll(async () => {
    const etcd = stack.use(await startEmbeddedEtcd());
    store = stack.use(openStore({ endpoints: [etcd.endpoint] }));
    const numbers = Array.from({ length: COUNT }, (_, at) => at);
    await store.commit(
      numbers.map((at) => ({ put: keys.instance("shop", `${at}`), value: instance(at + 1) })),
    );
    await store.commit(
      numbers.map((at) => ({ put: keys.route(`${at}.example`, "/"), value: route(`app${at}`) })),
    );
    router = stack.use(await start(store));
  });
  afterAll(() => stack.disposeAsync());

  async function page(address: string): Promise<Page> {
    const answer = await fetch(`http://127.0.0.1:${router.adminPort}${address}`);
    return {
      status: answer.status,
      total: answer.headers.get("x-total-count"),
      next: /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1],
      rows: (await answer.json()) as Page["rows"],
    };
  }

  async function pages(address: string): Promise<Page[]> {
    const read: Page[] = [];
    for (let next: string | undefined = address; next !== undefined; next = read.at(-1)?.next)
      read.push(await page(next));
    return read;
  }

  it.each([
    ["/api/instances", 25],
    ["/api/instances?app=shop", 25],
    ["/api/routes", 25],
    ["/api/routes?app=app7", 1],
    ["/api/apps", 26],
  ])("has each row of %s once, and says how many there are", async (path, count) => {
    const read = await pages(`${path}${path.includes("?") ? "&" : "?"}limit=10`);
    expect(read).toHaveLength(Math.ceil(count / 10));
    expect(read.map(({ total }) => total)).toEqual(read.map(() => String(count)));
    const rows = read.flatMap((each) => each.rows).map((row) => JSON.stringify([row.app, row.id, row.host]));
    expect(new Set(rows).size).toBe(count);
  });

  it("gives a page again, each row as it is now, and none that is gone", async () => {
    const { next = "" } = await page("/api/instances?limit=10");
    const second = await page(next);
    const [gone, drained] = second.rows.map(({ id }) => id);
    const revision = await store.commit([
      { delete: keys.instance("shop", gone ?? "") },
      { put: keys.instance("shop", drained ?? ""), value: instance(99, { state: "draining" }) },
      { put: keys.instance("shop", "new"), value: instance(100) },
    ]);
    await applied(router, revision);
    const again = await page(next);
    expect(again.rows.map(({ id }) => id)).toEqual(second.rows.slice(1).map(({ id }) => id));
    expect(again.rows[0]).toMatchObject({ id: drained, state: "draining" });
  });

  it("is forgotten when many others are begun, and says so", async () => {
    const { next = "" } = await page("/api/routes?limit=10");
    for (let begun = 0; begun < 8; begun += 1) await page("/api/routes?limit=10");
    expect(await page(next)).toMatchObject({ status: 410, rows: { code: "cursor-gone" } });
    for (const asked of ["cursor=nonsense", "limit=0", "limit=10001", "offset=3"])
      expect((await page(`/api/routes?${asked}`)).status).toBe(400);
    // The cursor of another list is none of this one.
    const other = (await page("/api/apps?limit=10")).next?.replace("apps", "routes") ?? "";
    expect((await page(other)).status).toBe(410);
  });
});
