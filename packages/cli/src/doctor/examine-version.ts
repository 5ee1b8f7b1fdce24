import { type Finding, ok, warn } from "./check.ts";

/** The first release of each line without the known bugs of watches, compaction and leases. */
const GOOD = new Map([
  [5, 33],
  [6, 14],
]);
const ADVICE = "run etcd 3.5.33 or 3.6.14, or later: docs/etcd.md";

/** Judges the versions of the members that answer. Pure. */
export function examineVersions(versions: readonly string[]): Finding {
  const different = [...new Set(versions)].toSorted();
  const bugs = different.flatMap((version) => bugOf(version) ?? []);
  if (bugs.length > 0) return warn(bugs.join("; "), ADVICE);
  const says = different.join(", ");
  if (different.length > 1)
    return warn(`members of different versions: ${says}`, "finish the upgrade of all members");
  return ok(says);
}

function bugOf(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  if (version.includes("embedded") || major > 3 || minor > 6) return undefined;
  if (minor <= 4) {
    return (
      `${version} gets no more fixes: lists of 100,000 records are slow, as each page visits all that are left, ` +
      "and answers to progress requests may overtake events"
    );
  }
  const good = GOOD.get(minor) ?? 0;
  return patch >= good
    ? undefined
    : `${version} has bugs of watches, compaction and leases, gone in 3.${minor}.${good}`;
}
