// Times for people: how long ago, how much longer. All in milliseconds.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in at most two units: `0 s`, `42 s`, `3 m 05 s`, `2 h 10 m`, `12 d 3 h`. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} m ${pad((whole % MINUTE) / SECOND)} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${pad((whole % HOUR) / MINUTE)} m`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

/** How long ago: `now`, `12 s ago`; `–` for never. */
export function formatAgo(at: number | null | undefined, now: number): string {
  if (at === null || at === undefined) return "–";
  const ms = now - at;
  return ms < 1_500 ? "now" : `${coarse(ms)} ago`;
}

/** How much longer: `9 d`, `5 h`; how long ago it was, once it is over. */
export function formatUntil(at: number, now: number): string {
  return at > now ? coarse(at - now) : formatAgo(at, now);
}

/** A time of day, with the date when it is not today's: `14:03:09`, `Nov 21 14:03:09`. */
export function formatTime(at: number, now: number): string {
  const date = new Date(at);
  const time = date.toLocaleTimeString("en-GB");
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString("en-US", { month: "short", day: "numeric" })} ${time}`;
}

function coarse(ms: number): string {
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} m`;
  return ms < 2 * DAY ? `${Math.floor(ms / HOUR)} h` : `${Math.floor(ms / DAY)} d`;
}

function pad(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}
