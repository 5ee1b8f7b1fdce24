import { afterAll, beforeAll } from "vitest";

import { openStore } from "../open-store.ts";
import type { Store } from "../store.ts";
import type { OneEtcd } from "./etcds.ts";

/** One etcd for all tests of a file, and a store on it. */
export class ContractScene {
  #etcd: OneEtcd | undefined;
  #store: Store | undefined;
  #prefixes = 0;

  /** Starts it before the tests of this describe, and ends it behind them. */
  constructor(start: () => Promise<OneEtcd>) {
    beforeAll(async () => {
      this.#etcd = await start();
      this.#store = openStore({ endpoints: [this.#etcd.endpoint] });
    });
    afterAll(async () => {
      await this.#store?.close();
      await this.#etcd?.close();
    });
  }

  get endpoint(): string {
    return this.#etcd?.endpoint ?? "";
  }

  get store(): Store {
    if (this.#store === undefined) throw new Error("the etcd is not started");
    return this.#store;
  }

  /** A prefix for one test. */
  freshPrefix(): string {
    return `/test-${++this.#prefixes}/`;
  }
}
