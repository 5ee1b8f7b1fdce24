import { describe, expect, it } from "vitest";

import { EtcdState } from "./etcd-state.ts";
import type { StoreChange } from "./mvcc-store.ts";

describe("the keys of a lease", () => {
  it("follow puts and deletes, and go in one revision with the lease", () => {
    const state = new EtcdState();
    const changes: StoreChange[] = [];
    state.onChange((change) => changes.push(change));
    state.leases.grant("1", 10);
    state.leases.grant("2", 10);
    state.store.write((transaction) => {
      for (const key of ["b", "a", "moved", "freed", "deleted"]) transaction.put(key, Buffer.of(), "1");
    });
    state.store.write((transaction) => {
      transaction.put("moved", Buffer.of(), "2");
      transaction.put("freed", Buffer.of(), "0");
      transaction.deleteRange({ from: "deleted", to: "deleted\0" });
    });
    expect(state.leases.view("1")?.keys).toEqual(["a", "b"]);
    state.revokeLease("1");
    expect(changes.at(-1)).toMatchObject({ revision: 4, events: [{ key: "a" }, { key: "b" }] });
    expect(() => state.revokeLease("1")).toThrow("etcdserver: requested lease not found");
  });
});

describe("the history of a state", () => {
  it("is kept for so many revisions", () => {
    const state = new EtcdState();
    const { store } = state;
    for (let n = 0; n < 10; n++) store.write((transaction) => transaction.put("a", Buffer.of(n), "0"));
    state.keepRevisions(20);
    expect(store.compactRevision).toBe(-1);
    state.keepRevisions(3);
    state.keepRevisions(3);
    expect(store.compactRevision).toBe(8);
  });
});
