import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { type Store, type Write, openStore } from "@wayleave/store";
import { type DemoApp, startDemoApp } from "@wayleave/testkit";

import type { RouterSettings } from "../../router-settings.ts";
import type { Router } from "../../router.ts";
import { instance, keys, route, start } from "../../testing/router-world.ts";

/** A router in this process before one app: `shop.example` leads to `shop`, whose instance `1` runs. */
export interface ShopScene extends AsyncDisposable {
  readonly store: Store;
  readonly app: DemoApp;
  readonly router: Router;
}

/** Starts one, with further records and settings of the router. */
export async function startShopScene({
  records = [],
  settings = {},
}: {
  readonly records?: readonly Write[];
  readonly settings?: Partial<RouterSettings>;
} = {}): Promise<ShopScene> {
  await using stack = new AsyncDisposableStack();
  const etcd = stack.use(await startEmbeddedEtcd());
  const store = stack.use(openStore({ endpoints: [etcd.endpoint] }));
  const app = stack.use(await startDemoApp({ name: "shop" }));
  await store.commit([
    { put: keys.route("shop.example", "/"), value: route("shop") },
    { put: keys.instance("shop", "1"), value: instance(app.port, { version: "v1" }) },
    ...records,
  ]);
  const router = stack.use(await start(store, settings));
  const started = stack.move();
  return { store, app, router, [Symbol.asyncDispose]: () => started.disposeAsync() };
}
