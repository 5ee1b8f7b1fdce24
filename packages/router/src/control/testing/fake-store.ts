// A store for tests of the control: what it hands out is for the test to say.

import type { Follower, Following, LeasedRecords, Revision, SnapshotReason, Store } from "@wayleave/store";

const NOT_USED = (): never => {
  throw new Error("the control must not use this");
};

/** Notes what it is asked for. */
export class FakeStore implements Store {
  readonly endpoints = ["http://127.0.0.1:2379"];
  readonly get = NOT_USED;
  readonly list = NOT_USED;
  readonly commit = NOT_USED;
  readonly leaseSecondsLeft = NOT_USED;
  readonly status = NOT_USED;
  readonly members = NOT_USED;
  readonly vitals = NOT_USED;
  readonly localAddress = NOT_USED;
  readonly close = NOT_USED;
  readonly destroy = NOT_USED;
  readonly [Symbol.asyncDispose] = NOT_USED;

  /** What follows the range; undefined before, and after it was closed. */
  follower: Follower | undefined;
  readonly relists: SnapshotReason[] = [];
  /** Values put under the lease, in order. */
  readonly published: { readonly key: string; readonly value: unknown }[] = [];
  isLeaseClosed = false;
  lastProofAt = 0;
  refusal: Error | undefined;

  follow(_: string, follower: Follower): Following {
    this.follower = follower;
    const lastProofAt = (): number => this.lastProofAt;
    return {
      revision: 0,
      get lastProofAt() {
        return lastProofAt();
      },
      relist: (reason) => {
        this.relists.push(reason);
        return Promise.resolve();
      },
      close: () => {
        this.follower = undefined;
        return Promise.resolve();
      },
    };
  }

  holdLease(): LeasedRecords {
    const close = (): Promise<void> => {
      this.isLeaseClosed = true;
      return Promise.resolve();
    };
    return {
      lease: "1",
      set: (key, value) => this.#set(key, value),
      remove: NOT_USED,
      close,
      destroy: () => undefined,
      [Symbol.asyncDispose]: close,
    };
  }

  #set(key: string, value: string): Promise<Revision> {
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    this.published.push({ key, value: JSON.parse(value) });
    return Promise.resolve(this.published.length);
  }
}
