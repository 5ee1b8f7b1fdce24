import { InvalidArgumentError } from "commander";

const UNIT_MS = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/**
 * Parses a duration with its unit (`500ms`, `2s`, `1.5m`, `1h`) into whole milliseconds, at least 1.
 * A bare number is refused: nobody remembers whether it means seconds.
 */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const unitMs = UNIT_MS.get(match?.[2] ?? "");
  if (match === null || unitMs === undefined)
    throw new InvalidArgumentError("Give it as 500ms, 2s, 1m or 1h.");
  const ms = Math.round(Number(match[1]) * unitMs);
  if (ms < 1) throw new InvalidArgumentError("It must be 1ms or more.");
  return ms;
}

/** A duration for people: `800ms`, `12s`, `3m 20s`, `5h 3m`, `2d 4h`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h ${Math.floor((seconds % 3_600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3_600)}h`;
}
