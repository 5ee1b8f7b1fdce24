// How large a record may be. Unknown fields are kept, so whoever may write one record could fill the
// memory of every router with it, or exhaust the stack of whatever walks through it.

const MAX_LENGTH = 256 * 1024;
/** The most that a record can have in UTF-8. */
export const MAX_RECORD_BYTES = 3 * MAX_LENGTH;
const MAX_DEPTH = 64;

/** Why a value is too large to be read; undefined when it is not. */
export function excessOf(value: string): string | undefined {
  if (value.length > MAX_LENGTH) return `longer than ${MAX_LENGTH} characters`;
  // So deep a value needs a bracket to open and one to close for each level.
  if (value.length > 2 * MAX_DEPTH && depthOf(value) > MAX_DEPTH)
    return `nested deeper than ${MAX_DEPTH} levels`;
  return undefined;
}

function depthOf(json: string): number {
  let deepest = 0;
  let depth = 0;
  // Strings are passed over as a whole; the brackets in them open nothing.
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") depth += 1;
    else if (token === "]" || token === "}") depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
