/**
 * Flat fields as `http.request` takes them: one key a name, in the first spelling, and a list of values
 * where it came more than once. Their order within a name is kept, which is the one that counts
 * (RFC 9110 section 5.3).
 */
export function groupFields(flat: readonly string[]): Record<string, string | string[]> {
  const spellings = new Map<string, string>();
  const grouped: Record<string, string | string[]> = {};
  for (let index = 0; index < flat.length; index += 2) {
    const name = flat[index] ?? "";
    const value = flat[index + 1] ?? "";
    const spelling = spellings.get(name.toLowerCase());
    if (spelling === undefined) {
      spellings.set(name.toLowerCase(), name);
      grouped[name] = value;
    } else {
      const before = grouped[spelling] ?? [];
      grouped[spelling] = Array.isArray(before) ? [...before, value] : [before, value];
    }
  }
  return grouped;
}
