// The words and tones of states.

import type { Condition, HealthLevel, LiveEvent } from "@wayleave/records/api";

import type { Tone } from "../parts/mark.tsx";

const HEALTH: Readonly<Record<HealthLevel, readonly [Tone, string]>> = {
  ok: ["ok", "ok"],
  degraded: ["warn", "degraded"],
  down: ["bad", "down"],
};

const CONDITIONS: Readonly<Record<Condition, Tone>> = {
  ready: "ok",
  draining: "info",
  failing: "warn",
  ejected: "bad",
  suspect: "warn",
};

const LEVELS: Readonly<Record<LiveEvent["level"], Tone>> = { info: "idle", warn: "warn", error: "bad" };

/** What is worst comes first when the order is descending. */
export const RANK: Readonly<Record<HealthLevel, number>> = { ok: 0, degraded: 1, down: 2 };

export const toneOfHealth = (level: HealthLevel): Tone => HEALTH[level][0];
export const wordOfHealth = (level: HealthLevel): string => HEALTH[level][1];
export const toneOfCondition = (condition: Condition): Tone => CONDITIONS[condition];
export const toneOfEvent = (level: LiveEvent["level"]): Tone => LEVELS[level];
