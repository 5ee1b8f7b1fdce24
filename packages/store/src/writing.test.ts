import { describe, expect, it } from "vitest";

import type { StoredRecord } from "./store.ts";
import { type Outcome, type Transaction, holds } from "./transaction.ts";
import { Writing } from "./writing.ts";

const LOST_ANSWER = new Error("14 UNAVAILABLE: Connection dropped");
const REFUSED = new Error("14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED");

describe("Writing", () => {
  it("gives the revision of the first attempt when that was done and only its answer was lost", async () => {
    const etcd = new FakeEtcd();
    const writing = new Writing({
      writes: [{ put: "a", value: "1" }],
      conditions: [{ key: "a", is: "absent" }],
    });
    etcd.next("lose-answer");
    await expect(writing.attempt(etcd)).rejects.toBe(LOST_ANSWER);
    etcd.write("b", "2");
    await expect(writing.attempt(etcd)).resolves.toEqual({ isDone: true, revision: 2 });
    expect(etcd.revision).toBe(3);
  });

  it("writes once what no condition guards", async () => {
    const etcd = new FakeEtcd();
    const writing = new Writing({ writes: [{ put: "a", value: "1" }], conditions: [] });
    etcd.next("lose-answer");
    await expect(writing.attempt(etcd)).rejects.toBe(LOST_ANSWER);
    await expect(writing.attempt(etcd)).resolves.toEqual({ isDone: true, revision: 2 });
    expect(etcd.revision).toBe(2);
  });

  it("writes again what was surely not sent", async () => {
    const etcd = new FakeEtcd();
    const writing = new Writing({ writes: [{ put: "a", value: "1" }], conditions: [] });
    etcd.next("refuse");
    await expect(writing.attempt(etcd)).rejects.toBe(REFUSED);
    await expect(writing.attempt(etcd)).resolves.toEqual({ isDone: true, revision: 2 });
    expect(etcd.looks).toBe(0);
  });

  it("does not write again, unguarded, what may still be on its way", async () => {
    const etcd = new FakeEtcd();
    const writing = new Writing({ writes: [{ put: "a", value: "1" }, { delete: "b" }], conditions: [] });
    etcd.next("lose-request");
    await expect(writing.attempt(etcd)).rejects.toBe(LOST_ANSWER);
    await expect(writing.attempt(etcd)).rejects.toMatchObject({ code: "unreachable", key: "a" });
    await expect(writing.attempt(etcd)).rejects.toThrow("it is not known whether a was written");
    expect(etcd.records.has("a")).toBe(false);
  });

  it("writes again, guarded by its condition, what was lost on its way", async () => {
    const etcd = new FakeEtcd();
    const writing = new Writing({
      writes: [{ put: "a", value: "1" }],
      conditions: [{ key: "a", modRevision: 0 }],
    });
    etcd.next("lose-request");
    await expect(writing.attempt(etcd)).rejects.toBe(LOST_ANSWER);
    await expect(writing.attempt(etcd)).resolves.toEqual({ isDone: true, revision: 2 });
  });

  it("reports a conflict when somebody else's write stands after a lost answer", async () => {
    const etcd = new FakeEtcd();
    const writing = new Writing({
      writes: [{ put: "a", value: "mine" }],
      conditions: [{ key: "a", is: "absent" }],
    });
    etcd.next("lose-request");
    await expect(writing.attempt(etcd)).rejects.toBe(LOST_ANSWER);
    etcd.write("a", "theirs");
    await expect(writing.attempt(etcd)).resolves.toMatchObject({ isDone: false });
  });

  it("takes a delete for done when the key is gone after a lost answer", async () => {
    const etcd = new FakeEtcd();
    etcd.write("a", "1");
    const writing = new Writing({ writes: [{ delete: "a" }], conditions: [{ key: "a", modRevision: 2 }] });
    etcd.next("lose-answer");
    await expect(writing.attempt(etcd)).rejects.toBe(LOST_ANSWER);
    await expect(writing.attempt(etcd)).resolves.toEqual({ isDone: true, revision: 3 });
  });
});

/** As much of etcd as a transaction needs, with answers and requests that get lost. */
class FakeEtcd {
  readonly records = new Map<string, StoredRecord>();
  revision = 1;
  looks = 0;
  #fault: "lose-answer" | "lose-request" | "refuse" | undefined;

  next(fault: "lose-answer" | "lose-request" | "refuse"): void {
    this.#fault = fault;
  }

  write(key: string, value: string): void {
    this.revision++;
    this.#put(key, value);
  }

  async run({ writes, conditions }: Transaction): Promise<Outcome> {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault === "refuse") throw REFUSED;
    if (fault === "lose-request") throw LOST_ANSWER;
    if (!conditions.every((condition) => holds(condition, this.records.get(condition.key)))) {
      return { isDone: false, revision: this.revision, found: this.#found() };
    }
    this.revision++;
    for (const write of writes) {
      if ("put" in write) this.#put(write.put, write.value);
      else this.records.delete(write.delete);
    }
    if (fault === "lose-answer") throw LOST_ANSWER;
    return { isDone: true, revision: this.revision };
  }

  async look(): Promise<{ found: Map<string, StoredRecord | undefined>; revision: number }> {
    this.looks++;
    return { found: this.#found(), revision: this.revision };
  }

  #found(): Map<string, StoredRecord | undefined> {
    return new Map(["a", "b"].map((key) => [key, this.records.get(key)]));
  }

  #put(key: string, value: string): void {
    const { revision } = this;
    const createRevision = this.records.get(key)?.createRevision ?? revision;
    this.records.set(key, { key, value, createRevision, modRevision: revision, lease: "0" });
  }
}
