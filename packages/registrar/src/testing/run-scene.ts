import { type Store, type StoredRecord, openStore } from "@wayleave/store";
import { eventually } from "@wayleave/testkit";

import type { TestEtcd } from "./etcds.ts";
import { replicaAt } from "./scene.ts";
import { type Wrapper, type WrapperOptions, startWrapper } from "./wrapper.ts";

/** One run of the app for tests, as `web-1` of `shop`, under a prefix of its own. */
export class RunScene implements AsyncDisposable {
  static #runs = 0;
  readonly prefix = `/run-${++RunScene.#runs}/`;
  readonly key = `${this.prefix}table/instances/shop/web-1`;
  readonly store: Store;
  readonly #etcd: TestEtcd;
  #wrapper: Wrapper | undefined;

  constructor(etcd: TestEtcd) {
    this.#etcd = etcd;
    this.store = openStore({ endpoints: etcd.endpoints });
  }

  async run(options: Partial<WrapperOptions> = {}): Promise<Wrapper> {
    const registrar = { etcd: { endpoints: this.#etcd.endpoints }, prefix: this.prefix, ttlSeconds: 5 };
    this.#wrapper = await startWrapper({ ...registrar, app: "shop", id: "web-1", ...options });
    return this.#wrapper;
  }

  async record(): Promise<StoredRecord | undefined> {
    return (await this.store.get(this.key)).record;
  }

  /** The port and state of the record. */
  async instance(): Promise<{ port?: number; state?: string }> {
    return JSON.parse((await this.record())?.value ?? "{}");
  }

  /** Sends the app a request of its own and gives the status. */
  async ask(path = "/"): Promise<number> {
    const { port } = await this.instance();
    return (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } })).status;
  }

  untilItIs(state: string): Promise<void> {
    return eventually(async () => {
      const instance = await this.instance();
      if (instance.state !== state) throw new Error(`${instance.state}: ${this.#wrapper?.errors()}`);
    });
  }

  /** Says that the replica `a` has applied a revision, or with undefined that it is gone. */
  async replicaIsAt(revision: number | undefined): Promise<void> {
    const key = `${this.prefix}replicas/a`;
    await this.store.commit([
      revision === undefined ? { delete: key } : { put: key, value: replicaAt(revision) },
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#wrapper?.[Symbol.asyncDispose]();
    await this.store.close();
  }
}
