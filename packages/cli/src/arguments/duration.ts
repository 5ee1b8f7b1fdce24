import { InvalidArgumentError, Option } from "commander";

const UNIT_MS = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** Seconds in a unit, and in the next smaller one that is told beside it. */
const MINUTES = [60, "m", 1, "s"] as const;
const LARGE_UNITS = [[86_400, "d", 3_600, "h"], [3_600, "h", 60, "m"], MINUTES] as const;

/**
 * Parses a duration with its unit (`500ms`, `2s`, `1.5m`, `1h`, `30d`) into whole milliseconds, at least 1.
 * A bare number is refused: nobody remembers whether it means seconds.
 */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  const unitMs = UNIT_MS.get(match?.[2] ?? "");
  if (match === null || unitMs === undefined)
    throw new InvalidArgumentError("Give it as 500ms, 2s, 1m, 1h or 30d.");
  const ms = Math.round(Number(match[1]) * unitMs);
  if (ms < 1) throw new InvalidArgumentError("It must be 1ms or more.");
  return ms;
}

/** An option that is a duration, with its default as a person would type it. */
export function durationOption(flags: string, description: string, defaultMs: number): Option {
  return new Option(flags, description)
    .argParser(parseDurationMs)
    .default(defaultMs, formatDuration(defaultMs));
}

/** A duration for people: `800ms`, `12s`, `3m 20s`, `5h`, `2d 4h`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const [size, unit, part, partUnit] = LARGE_UNITS.find(([least]) => seconds >= least) ?? MINUTES;
  const rest = Math.floor((seconds % size) / part);
  return `${Math.floor(seconds / size)}${unit}${rest === 0 ? "" : ` ${rest}${partUnit}`}`;
}
