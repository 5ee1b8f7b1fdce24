import { describe, expect, it } from "vitest";

import { RecordingFollower } from "./testing/recording-follower.ts";
import { FollowerError, Handover } from "./handover.ts";
import type { Change } from "./store.ts";

const RANGE = { records: [], revision: 10, clusterId: "1" };

describe("a handover", () => {
  it("drops changes that came before the snapshot or are in it", () => {
    const follower = new RecordingFollower();
    const handover = new Handover("/t/", follower);
    handover.change(changeAt(5));
    handover.snapshot(RANGE, "start");
    for (const revision of [9, 10, 11, 11, 12]) handover.change(changeAt(revision));
    expect(follower.changes.map(({ revision }) => revision)).toEqual([11, 12]);
    expect(handover.revision).toBe(12);
  });

  it("stays where it was when the follower throws", () => {
    const failing = {
      snapshot: () => {},
      change: () => {
        throw new Error("no");
      },
      status: () => {
        throw new Error("no status either");
      },
    };
    const handover = new Handover("/t/", failing);
    handover.snapshot(RANGE, "start");
    expect(() => handover.change(changeAt(11))).toThrow(FollowerError);
    expect(handover.revision).toBe(10);
    expect(() => handover.status({ state: "live", endpoint: "" })).not.toThrow();
  });

  it("logs what it hands over while something else goes on", async () => {
    const handover = new Handover("/t/", new RecordingFollower());
    handover.snapshot(RANGE, "start");
    handover.change(changeAt(11));
    const { result, changes } = await handover.logged(async () => {
      handover.change(changeAt(12));
      return "done";
    });
    handover.change(changeAt(13));
    expect(result).toBe("done");
    expect(changes.map(({ revision }) => revision)).toEqual([12]);
  });
});

function changeAt(revision: number): Change {
  return { revision, puts: [], deletes: ["/t/a"] };
}
