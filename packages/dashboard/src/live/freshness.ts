// How fresh what is shown is: the page's own link first, then the router's link to etcd. Pure.

import type { Status } from "@wayleave/records/api";

import { formatDuration } from "../format/times.ts";
import type { Tone } from "../parts/mark.tsx";
import type { Known } from "./live.ts";

/** What the header says: a word for the mark, and a sentence when all is not as it should be. */
export interface Freshness {
  readonly tone: Tone;
  readonly word: string;
  readonly notice?: string;
}

/** `now`: this machine's clock in epoch milliseconds. */
export function freshnessOf({ link, world, isWhole }: Known, now: number): Freshness {
  if (link.state === "locked") return { tone: "warn", word: "locked", notice: link.why };
  if (link.state === "lost") return lost(link, now, isWhole);
  const { status } = world;
  if (link.state === "connecting" || !isWhole || status === undefined)
    return { tone: "idle", word: "connecting" };
  if (status.isClosing)
    return { tone: "warn", word: "closing", notice: "This router is closing: it takes no new connections." };
  return freshnessOfTable(status, now + world.clockOffsetMs - world.statusAt);
}

function lost(
  link: { since: number; why: string; retryAt: number },
  now: number,
  isWhole: boolean,
): Freshness {
  const age = formatDuration(now - link.since);
  const shown = isWhole ? ` What is shown is ${age} old.` : "";
  const again =
    link.retryAt > now ? `trying again in ${Math.ceil((link.retryAt - now) / 1_000)} s` : "trying again";
  return {
    tone: "bad",
    word: "reconnecting",
    notice: `No word from this router: ${link.why}.${shown} The page is ${again}.`,
  };
}

function freshnessOfTable(status: Status, statusAgeMs: number): Freshness {
  const { stalenessSeconds, reason, error } = status;
  const ageMs = stalenessSeconds === null ? undefined : stalenessSeconds * 1_000 + Math.max(0, statusAgeMs);
  const old = ageMs === undefined ? "" : `, ${formatDuration(ageMs)} old`;
  const why = [reason, error].filter((part) => part !== null && part !== "").join(": ");
  const because = why === "" ? "" : ` (${why})`;
  switch (status.state) {
    case "live":
      return { tone: "ok", word: "live" };
    case "reconnecting":
      return {
        tone: "warn",
        word: `last known table${old}`,
        notice: `etcd is out of reach${because}. The router is serving the last known table${old}; requests are answered, changes wait.`,
      };
    case "from-disk":
      return {
        tone: "warn",
        word: `table from disk${old}`,
        notice: `etcd was not reached since this router started${because}. It is serving the last known table, from disk${old}.`,
      };
    case "waiting":
      return {
        tone: "bad",
        word: "waiting for etcd",
        notice: `This router has no table yet: it waits for etcd${because}.`,
      };
    case "refused":
      return {
        tone: "warn",
        word: `last good table${old}`,
        notice: `The table file was refused${because}. The last good table stays in force.`,
      };
  }
}
