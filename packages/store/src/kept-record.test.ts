import { describe, expect, it } from "vitest";

import { KeptRecord } from "./kept-record.ts";
import { StoreError } from "./store.ts";

const REFUSAL = { error: new StoreError("read-only", "etcd is read-only", { key: "a" }), retryAt: Infinity };

describe("a kept record", () => {
  it("is settled once it stands under the lease, and no more when the lease is another one", async () => {
    const record = new KeptRecord("a");
    const done = record.want("1");
    expect(record.isSettled("x")).toBe(false);
    record.succeeded(record.begin(), { lease: "x", revision: 7 });
    await expect(done).resolves.toBe(7);
    expect([record.isSettled("x"), record.isSettled("y")]).toEqual([true, false]);
  });

  it("goes back to what stood when a new value is refused", async () => {
    const record = standing("ready");
    const done = record.want("draining");
    record.refused(record.begin(), REFUSAL);
    await expect(done).rejects.toBe(REFUSAL.error);
    expect(record.wanted).toBe("ready");
    expect(record.isSettled("x")).toBe(true);
  });

  it("stays deleted when the delete is refused, and is tried again", async () => {
    const record = standing("ready");
    const done = record.want(undefined);
    record.refused(record.begin(), REFUSAL);
    await expect(done).rejects.toBe(REFUSAL.error);
    expect(record.wanted).toBeUndefined();
    expect(record.isSettled("x")).toBe(false);
    expect(record.refusal).toBe(REFUSAL);
  });

  it("is tried again, later, when it stood before and nobody waits for it", () => {
    const record = standing("ready");
    record.refused(record.begin(), REFUSAL);
    expect(record.wanted).toBe("ready");
    expect(record.refusal).toBe(REFUSAL);
  });

  it("tells those who wanted an earlier value with the first that is put", async () => {
    const record = new KeptRecord("a");
    const first = record.want("1");
    const second = record.want("2");
    const attempt = record.begin();
    expect(attempt.value).toBe("2");
    const third = record.want("3");
    record.succeeded(attempt, { lease: "x", revision: 7 });
    await expect(Promise.all([first, second])).resolves.toEqual([7, 7]);
    expect(record.isSettled("x")).toBe(false);
    record.succeeded(record.begin(), { lease: "x", revision: 8 });
    await expect(third).resolves.toBe(8);
  });

  it("remembers whom it may replace until it is told anew", async () => {
    const record = new KeptRecord("a");
    void record.want("1", never);
    void record.want("2");
    expect(record.mayTake).toBe(never);
  });
});

function never(): boolean {
  return false;
}

function standing(value: string): KeptRecord {
  const record = new KeptRecord("a");
  void record.want(value);
  record.succeeded(record.begin(), { lease: "x", revision: 7 });
  return record;
}
