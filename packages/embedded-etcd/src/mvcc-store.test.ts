import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { KeyRange } from "./key-range.ts";
import { type KeyValue, MvccStore, type StoreChange } from "./mvcc-store.ts";

const ALL: KeyRange = { from: "", to: undefined };
const COMPACTED = "required revision has been compacted";
const FUTURE = "required revision is a future revision";

function put(store: MvccStore, key: string, value = ""): void {
  store.write((transaction) => transaction.put(key, Buffer.from(value), "0"));
}

function remove(store: MvccStore, key: string): void {
  store.write((transaction) => transaction.deleteRange({ from: key, to: `${key}\0` }));
}

function valuesAt(store: MvccStore, revision = 0): Record<string, string> {
  return valuesOf(store.range(ALL, { revision }).kvs);
}

function valuesOf(kvs: readonly KeyValue[]): Record<string, string> {
  return Object.fromEntries(kvs.map((kv) => [kv.key, kv.value.toString()]));
}

describe("a store", () => {
  it("counts revisions from 1, and versions from the last creation", () => {
    const store = new MvccStore();
    put(store, "a", "1");
    put(store, "a", "2");
    expect(store.range(ALL).kvs).toMatchObject([{ createRevision: 2, modRevision: 3, version: 2 }]);
    remove(store, "a");
    put(store, "a", "3");
    expect(store.range(ALL).kvs).toMatchObject([{ createRevision: 5, modRevision: 5, version: 1 }]);
  });

  it("makes one revision of a transaction, which sees what it wrote, and none when it wrote nothing", () => {
    const changes: StoreChange[] = [];
    const store = new MvccStore((change) => changes.push(change));
    const seen = store.write((transaction) => {
      transaction.put("a", Buffer.from("1"), "0");
      transaction.put("b", Buffer.from("2"), "0");
      return valuesOf(transaction.range(ALL).kvs);
    });
    remove(store, "none");
    expect(seen).toEqual({ a: "1", b: "2" });
    expect(store.revision).toBe(2);
    expect(changes.map(({ revision, events }) => [revision, events.map(({ key }) => key)])).toEqual([
      [2, ["a", "b"]],
    ]);
  });

  it("gives no more than the limit, and counts all", () => {
    const store = new MvccStore();
    for (const key of ["c", "a", "b"]) put(store, key);
    const { kvs, count } = store.range(ALL, { limit: 2 });
    expect(kvs.map(({ key }) => key)).toEqual(["a", "b"]);
    expect(count).toBe(3);
  });

  it("refuses reads of the future and of what was compacted, and a second compaction at a revision", () => {
    const store = new MvccStore();
    for (const value of ["1", "2", "3"]) put(store, "a", value);
    expect(() => valuesAt(store, 5)).toThrow(FUTURE);
    store.compact(3);
    expect(() => valuesAt(store, 2)).toThrow(COMPACTED);
    expect(valuesAt(store, 3)).toEqual({ a: "2" });
    expect(() => store.compact(3)).toThrow(COMPACTED);
    expect(() => store.compact(5)).toThrow(FUTURE);
  });

  it("forgets deleted keys and old changes when it is compacted", () => {
    const store = new MvccStore();
    put(store, "gone", "some bytes");
    remove(store, "gone");
    put(store, "kept", "1");
    store.compact(4);
    expect(store.byteSize()).toBe("kept1".length);
    expect(store.changeAt(3)).toBeUndefined();
    expect(store.changeAt(4)?.revision).toBe(4);
  });
});

type Operation =
  | { readonly do: "put" | "delete"; readonly keys: readonly string[] }
  | { readonly do: "compact"; readonly back: number };

const keys = fc.uniqueArray(fc.constantFrom("a", "b", "c", "ca", "d"), { minLength: 1, maxLength: 3 });
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("put" as const, "delete" as const), keys }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("compact" as const), back: fc.nat(5) }) },
);

/** The slow and obvious store: a copy of everything for each revision. */
class Model {
  readonly copies = new Map<number, Record<string, string>>([[1, {}]]);
  revision = 1;
  oldest = 0;

  apply(step: Operation, value: string): void {
    if (step.do === "compact") {
      this.oldest = Math.max(this.oldest, this.revision - step.back);
      return;
    }
    const next = { ...this.copies.get(this.revision) };
    let hasChanged = step.do === "put";
    for (const key of step.keys) {
      if (step.do === "put") next[key] = value;
      else if (key in next) {
        hasChanged = true;
        delete next[key];
      }
    }
    if (hasChanged) this.copies.set((this.revision += 1), next);
  }
}

function applyTo(store: MvccStore, step: Operation, value: string): void {
  if (step.do === "compact") {
    const revision = store.revision - step.back;
    if (revision > store.compactRevision) store.compact(revision);
    return;
  }
  store.write((transaction) => {
    for (const key of step.keys) {
      if (step.do === "put") transaction.put(key, Buffer.from(value), "0");
      else transaction.deleteRange({ from: key, to: `${key}\0` });
    }
  });
}

describe("a store after any operations", () => {
  it("reads at every revision what a copy of that revision holds", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (steps) => {
        const store = new MvccStore();
        const model = new Model();
        for (const [index, step] of steps.entries()) {
          applyTo(store, step, String(index));
          model.apply(step, String(index));
        }
        expect(store.revision).toBe(model.revision);
        for (const [revision, copy] of model.copies) {
          if (revision >= model.oldest) expect(valuesAt(store, revision)).toEqual(copy);
          else expect(() => valuesAt(store, revision)).toThrow(COMPACTED);
        }
      }),
    );
  });

  it("comes to the same by its changes as by its keys", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (steps) => {
        const replayed = new Map<string, KeyValue>();
        const store = new MvccStore(({ events }) => {
          for (const { key, current, previous } of events) {
            expect(previous).toEqual(replayed.get(key));
            if (current === undefined) replayed.delete(key);
            else replayed.set(key, current);
          }
        });
        for (const [index, step] of steps.entries()) applyTo(store, step, String(index));
        expect(valuesOf([...replayed.values()])).toEqual(valuesAt(store));
      }),
    );
  });
});
