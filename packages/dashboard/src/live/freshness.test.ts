import type { Status } from "@wayleave/records/api";
import { describe, expect, it } from "vitest";

import type { Link } from "./follow.ts";
import { freshnessOf } from "./freshness.ts";
import { emptyWorld } from "./world.ts";

const LIVE: Link = { state: "live", since: 0 };

function said(status: Partial<Status>, link: Link = LIVE, now = 10_000) {
  const full = {
    state: "live",
    stalenessSeconds: 0,
    reason: null,
    error: null,
    isClosing: false,
    ...status,
  } as Status;
  return freshnessOf({ link, isWhole: true, world: { ...emptyWorld(), status: full, statusAt: 4_000 } }, now);
}

describe("what the header says", () => {
  it("is live while everything is", () => {
    expect(said({})).toEqual({ tone: "ok", word: "live" });
  });

  it("counts how old the last known table is, also between two words of the router", () => {
    const { tone, word, notice } = said({
      state: "reconnecting",
      stalenessSeconds: 3,
      reason: "unreachable",
      error: "refused",
    });
    expect([tone, word]).toEqual(["warn", "last known table, 9 s old"]);
    expect(notice).toContain(
      "etcd is out of reach (unreachable: refused). The router is serving the last known table, 9 s old",
    );
  });

  it("puts a lost link first: then nothing is known of etcd", () => {
    const link: Link = { state: "lost", since: 2_000, why: "the router does not answer", retryAt: 12_000 };
    expect(said({ state: "reconnecting" }, link)).toEqual({
      tone: "bad",
      word: "reconnecting",
      notice:
        "No word from this router: the router does not answer. What is shown is 8 s old. The page is trying again in 2 s.",
    });
  });

  it.each([
    ["from-disk", "warn", "table from disk, 9 s old"],
    ["refused", "warn", "last good table, 9 s old"],
    ["waiting", "bad", "waiting for etcd"],
  ] as const)("names the state %s", (state, tone, word) => {
    expect(said({ state, stalenessSeconds: 3 })).toMatchObject({ tone, word });
  });

  it("says so when the router closes, and when it asks for a token", () => {
    expect(said({ isClosing: true }).word).toBe("closing");
    expect(said({}, { state: "locked", since: 0, why: "token" })).toMatchObject({
      word: "locked",
      notice: "token",
    });
  });
});
