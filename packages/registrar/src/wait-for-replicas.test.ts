import { StoreError } from "@wayleave/store";
import { describe, expect, it } from "vitest";

import { FakeStore } from "./testing/fake-store.ts";
import { replicaAt } from "./testing/scene.ts";
import { waitForReplicas } from "./wait-for-replicas.ts";

const LONG_MS = 60_000;

describe("waitForReplicas", () => {
  it("is over at once when there is no replica", async () => {
    const store = new FakeStore();
    expect(await waitForReplicas({ store, revision: 7, timeoutMs: LONG_MS })).toEqual({
      outcome: "reached",
      reached: [],
      behind: [],
    });
    expect(store.following).toBe(0);
  });

  it("waits until the last replica has reached the revision", async () => {
    const store = new FakeStore();
    store.put("/wayleave/replicas/a", replicaAt(8));
    store.put("/wayleave/replicas/b", replicaAt(6));
    const waiting = waitForReplicas({ store, revision: 7, timeoutMs: LONG_MS });
    expect(store.following).toBe(1);
    store.put("/wayleave/replicas/b", replicaAt(7));
    expect(await waiting).toEqual({
      outcome: "reached",
      reached: [
        { id: "a", revision: 8 },
        { id: "b", revision: 7 },
      ],
      behind: [],
    });
    expect(store.following).toBe(0);
  });

  it("no longer waits for a replica whose record vanishes", async () => {
    const store = new FakeStore();
    store.put("/wayleave/replicas/a", replicaAt(6));
    const waiting = waitForReplicas({ store, revision: 7, timeoutMs: LONG_MS });
    store.delete("/wayleave/replicas/a");
    expect(await waiting).toEqual({ outcome: "reached", reached: [], behind: [] });
  });

  it("waits for a replica that appears", async () => {
    const store = new FakeStore();
    store.put("/wayleave/replicas/a", replicaAt(6));
    const waiting = waitForReplicas({ store, revision: 7, timeoutMs: LONG_MS });
    store.put("/wayleave/replicas/b", replicaAt(6));
    store.put("/wayleave/replicas/a", replicaAt(7));
    store.put("/wayleave/replicas/b", replicaAt(9));
    expect(await waiting).toMatchObject({
      outcome: "reached",
      reached: [{ id: "a" }, { id: "b", revision: 9 }],
    });
  });

  it("tells who is behind when the time is over; an unreadable record is", async () => {
    const store = new FakeStore();
    store.put("/wayleave/replicas/a", replicaAt(7));
    store.put("/wayleave/replicas/b", replicaAt(6));
    store.put("/wayleave/replicas/c", "{}");
    expect(await waitForReplicas({ store, revision: 7, timeoutMs: 20 })).toEqual({
      outcome: "behind",
      reached: [{ id: "a", revision: 7 }],
      behind: [
        { id: "b", revision: 6 },
        { id: "c", revision: undefined },
      ],
    });
    expect(store.following).toBe(0);
  });

  it("is cut short by the signal", async () => {
    const store = new FakeStore();
    const stop = new AbortController();
    store.put("/wayleave/replicas/a", replicaAt(6));
    const waiting = waitForReplicas({ store, revision: 7, timeoutMs: LONG_MS, signal: stop.signal });
    stop.abort();
    expect(await waiting).toMatchObject({ outcome: "behind", behind: [{ id: "a" }] });
  });

  it("says that it knows nothing when the replicas cannot be listed", async () => {
    const store = new FakeStore();
    store.failure = new StoreError("denied", "permission denied");
    expect(await waitForReplicas({ store, revision: 7, timeoutMs: 20 })).toEqual({
      outcome: "unknown",
      reached: [],
      behind: [],
      error: "permission denied",
    });
  });

  it("looks under its prefix only", async () => {
    const store = new FakeStore();
    store.put("/wayleave/replicas/a", replicaAt(1));
    store.put("/eu/replicas/b", replicaAt(7));
    const barrier = await waitForReplicas({ store, prefix: "/eu/", revision: 7, timeoutMs: LONG_MS });
    expect(barrier).toEqual({ outcome: "reached", reached: [{ id: "b", revision: 7 }], behind: [] });
  });
});
