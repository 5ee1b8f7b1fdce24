/**
 * The field that a reason of `parseRoute` and its like begins with (`to[0].weight: must not be negative`), as
 * the steps to it; empty when it names none.
 */
export function fieldPath(reason: string): (string | number)[] {
  const path = /^((?:[\w$]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\]|\.)+): /.exec(reason)?.[1] ?? "";
  const steps = path.matchAll(/([\w$]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]/g);
  return [...steps].map(([, name, quoted, index]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? (name ?? "") : String(JSON.parse(`"${quoted}"`));
  });
}
