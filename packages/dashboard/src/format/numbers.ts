// Numbers for people: three digits that matter, and never a width that jumps.

/** `0`, `0.4`, `12.3`, `345`, `1,234`, `56.7 k`, `1.2 M`. */
export function formatCount(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500) return `${trim(value / 1e6, size >= 99.95e6 ? 0 : 1)} M`;
  if (size >= 9_999.5) return `${trim(value / 1e3, size >= 99_950 ? 0 : 1)} k`;
  return size >= 99.95 || Number.isInteger(value) ? grouped(value) : trim(value, 1);
}

/** A whole number with its thousands apart: `10,000`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** How many of what: `1 route`, `10,000 routes`. `nouns` ends in an s. */
export function counted(count: number, nouns: string): string {
  return `${grouped(count)} ${count === 1 ? nouns.slice(0, -1) : nouns}`;
}

/** Milliseconds: `0.42 ms`, `4.2 ms`, `42 ms`, `4.2 s`, `42 s`; `–` when there is none. */
export function formatMs(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0 ms";
  if (value < 0.01) return "<0.01 ms";
  if (value >= 9_995) return `${(value / 1_000).toFixed(0)} s`;
  if (value >= 999.5) return `${(value / 1_000).toFixed(1)} s`;
  if (value >= 9.95) return `${value.toFixed(0)} ms`;
  return `${value.toFixed(value >= 0.995 ? 1 : 2)} ms`;
}

/** A share of 0 to 1: `0 %`, `0.02 %`, `1.5 %`, `42 %`; what is something is never shown as nothing, nor what is not all as all. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.01) return "<0.01 %";
  if (percent > 99 && percent < 100) return `${(Math.floor(percent * 10) / 10).toFixed(1)} %`;
  return `${percent.toFixed(percent >= 9.95 ? 0 : percent >= 0.995 ? 1 : 2)} %`;
}

function trim(value: number, digits: number): string {
  return value.toFixed(digits);
}
