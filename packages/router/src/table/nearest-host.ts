/** So many hosts are looked at, so that a flood of unknown hosts costs no more at a large table. */
const MOST_HOSTS = 1_000;
/** Farther than that is no slip of the fingers. */
const MOST_EDITS = 2;
/** The longest name there is (RFC 1035 section 2.3.4): what is longer is not worth the time. */
const MAX_LENGTH = 253;

/** The host that a client may have meant: the fewest edits away, and at most two; undefined when there is none. */
export function nearestHost(hosts: Iterable<string>, host: string): string | undefined {
  if (host.length > MAX_LENGTH) return undefined;
  let nearest: string | undefined;
  let least = MOST_EDITS + 1;
  let left = MOST_HOSTS;
  for (const each of hosts) {
    if (left-- === 0) break;
    if (Math.abs(each.length - host.length) >= least) continue;
    const edits = editsBetween(each, host);
    if (edits >= least) continue;
    nearest = each;
    least = edits;
  }
  return nearest;
}

/** Characters to insert, delete or replace (Levenshtein), row by row. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let line = 1; line <= one.length; line++) {
    const next = [line];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[line - 1] === other[column - 1];
      const replaced = (row[column - 1] ?? 0) + (isSame ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
