import { printable } from "../output/paint.ts";
import type { Output } from "../output/output.ts";
import type { BadRecord } from "./read-table.ts";

const SHOWN = 10;

/** Says on stderr which records no router can use; with `--json` they stand in the JSON. */
export function warnOfBad(output: Output, bad: readonly BadRecord[]): void {
  if (output.isJson) return;
  for (const { key, revision, reason } of bad.slice(0, SHOWN)) {
    output.warn(`${printable(key)} (revision ${revision}) is not usable: ${printable(reason)}`);
  }
  if (bad.length > SHOWN)
    output.warn(`and ${bad.length - SHOWN} more records are not usable; see wayleave status --json`);
}
