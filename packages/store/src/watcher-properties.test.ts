// What etcd promises of a watch, kept by a follower while its link is cut and frozen at random: the recorded stream is
// ordered, unique, atomic, reliable and resumable. `npm run soak` makes 200 faults in 20,000 transactions.

import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { type Direction, eventually, realEtcd, startEtcd, startLink, type Link } from "@wayleave/testkit";

import { RecordingFollower } from "./testing/recording-follower.ts";
import { portOf } from "./endpoints.ts";
import { openStore } from "./open-store.ts";
import type { Revision, Store } from "./store.ts";

const IS_LONG = process.env["WAYLEAVE_SOAK"] === "1";
const FAULTS = IS_LONG ? 200 : 15;
const TRANSACTIONS_A_FAULT = 100;
const LANES = 10;
/** Every fourth fault meets a link that has lived for long, by which the back-off begins anew. */
const LONG_LIFE_MS = 1_100;
/** Longer than the liveness bound, and rare: the follower must find out by itself that its link is dead. */
const LONG_FREEZE_MS = 17_000;
const DIRECTIONS: readonly Direction[] = ["both", "to-server", "to-client"];

describe.skipIf(!realEtcd.isAvailable)("a follower whose link is cut and frozen at random", () => {
  const timeout = IS_LONG ? 1_800_000 : 120_000;
  it("loses nothing, sees nothing twice and every revision whole", { timeout }, async () => {
    await using etcd = await startEtcd();
    const [endpoint = ""] = etcd.endpoints;
    await using link = await startLink({ host: "127.0.0.1", port: portOf(endpoint) });
    await using writer = openStore({ endpoints: [endpoint] });
    await using follows = openStore({ endpoints: [`http://127.0.0.1:${link.port}`] });
    const follower = new RecordingFollower();
    const following = follows.follow("/t/", follower);
    await eventually(() => expect(follower.state).toBe("live"));

    const written = new Map<Revision, string>();
    let longFreezes = IS_LONG ? 3 : 0;
    const reconnects = (): number => follower.statuses.filter(({ state }) => state === "reconnecting").length;
    for (let fault = 0; fault < FAULTS; fault += 1) {
      const isLong = longFreezes > 0 && fault % 60 === 59;
      if (isLong) longFreezes -= 1;
      const suffer = async (): Promise<void> => {
        await eventually(() => expect(follower.state).toBe("live"), { withinMs: 30_000 });
        await delay(fault % 4 === 3 ? LONG_LIFE_MS : Math.random() * 100);
        const before = reconnects();
        const isFelt = await befall(link, { isFreeze: fault % 2 === 1, isLong });
        // Each by itself: faults that follow each other before the first is noticed are one to the follower.
        if (isFelt) await eventually(() => expect(reconnects()).toBeGreaterThan(before));
      };
      await Promise.all([write(writer, fault, written), suffer()]);
    }
    const revisions = [...written.keys()].toSorted((a, b) => a - b);
    await eventually(() => expect(following.revision).toBe(revisions.at(-1)), { withinMs: 60_000 });

    // Ordered and unique: each revision after the one before. Reliable: all of them. Resumable: none by another list.
    expect(follower.disorder).toEqual([]);
    expect(follower.reasons).toEqual(["start"]);
    expect(follower.changes.map(({ revision }) => revision)).toEqual(revisions);
    // Atomic: each has all that its transaction wrote, and nothing else.
    for (const { revision, puts, deletes } of follower.changes) {
      const value = written.get(revision);
      expect({ puts: puts.map((put) => [put.key.slice(-1), put.value, put.modRevision]), deletes }).toEqual({
        puts: ["x", "y", "z"].map((name) => [name, value, revision]),
        deletes: [],
      });
    }
    expect(reconnects()).toBeGreaterThanOrEqual(FAULTS / 2);
    const { records } = await writer.list("/t/");
    expect(new Map(records.map(({ key, value }) => [key, value]))).toEqual(follower.table);
  });
});

/** Three keys a transaction, some of the same by several lanes at once; notes which revision wrote which value. */
async function write(store: Store, fault: number, written: Map<Revision, string>): Promise<void> {
  const lane = async (number: number): Promise<void> => {
    for (let turn = number; turn < TRANSACTIONS_A_FAULT; turn += LANES) {
      const value = `${fault}-${turn}`;
      const keys = ["x", "y", "z"].map((name) => `/t/${turn % 7}${name}`);
      written.set(await store.commit(keys.map((put) => ({ put, value }))), value);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
}

/** Gives whether the follower must feel it. */
async function befall(
  link: Link,
  { isFreeze, isLong }: { isFreeze: boolean; isLong: boolean },
): Promise<boolean> {
  if (!isFreeze) {
    link.cut();
    return true;
  }
  link.freeze(DIRECTIONS[Math.floor(Math.random() * DIRECTIONS.length)]);
  await delay(isLong ? LONG_FREEZE_MS : Math.random() * 300);
  // What a network does to a link that was away for so long is not told: it may go on, or be gone.
  const isCut = Math.random() < 0.7;
  if (isCut) link.cut();
  link.heal();
  return isCut || isLong;
}
