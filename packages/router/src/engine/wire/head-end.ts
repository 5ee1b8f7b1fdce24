// Where a head ends. Only this step sees a head in pieces; what follows reads it whole, so a head that
// comes byte by byte is understood as one that comes at once.

import { CR, DELETE, LF, SPACE, TAB } from "./bytes.ts";

/** No end yet: call again with more bytes, from where {@link nextHeadScan} says. */
export const HEAD_INCOMPLETE = 0;
/** A byte that no head has: a control character, or a CR or LF that stands alone. */
export const HEAD_MALFORMED = -1;

/**
 * Finds the empty line that ends the head which starts at `start`, scanning `from`..`to`. Gives the
 * index behind it, {@link HEAD_INCOMPLETE} or {@link HEAD_MALFORMED}. Bare LF and bare CR are refused,
 * though RFC 9112 section 2.2 allows to take them: servers differ in it, and that is what smuggling lives on.
 * `words`: the same memory, four bytes at a time, when there is such a view of it.
 */
export function findHeadEnd(
  bytes: Uint8Array,
  start: number,
  from: number,
  to: number,
  words: Int32Array | undefined,
): number {
  let at = from;
  while (at < to) {
    if (words !== undefined) {
      at = skipPlainWords(words, at, to);
      if (at === to) return HEAD_INCOMPLETE;
    }
    const byte = bytes[at] ?? 0;
    if (byte >= SPACE ? byte !== DELETE : byte === TAB) {
      at++;
      continue;
    }
    if (byte !== CR) return HEAD_MALFORMED;
    if (at + 1 === to) return HEAD_INCOMPLETE;
    if (bytes[at + 1] !== LF) return HEAD_MALFORMED;
    if (at > start && bytes[at - 1] === LF) return at + 2;
    at += 2;
  }
  return HEAD_INCOMPLETE;
}

const EACH_SPACE = 0x20202020;
const EACH_DELETE = 0x7f7f7f7f;
const EACH_ONE = 0x01010101;
const EACH_HIGH_BIT = 0x80808080 | 0;

/**
 * Skips words without a byte that is below SPACE, DELETE, or above it. Most of a head is such, and a step
 * through every byte was a quarter of the engine's own time: this took 0.3 ns a byte where that took 1.
 */
function skipPlainWords(words: Int32Array, from: number, to: number): number {
  let at = from;
  while ((at & 3) === 0 && at + 4 <= to) {
    const word = words[at >> 2] ?? 0;
    const isBelowSpace = (word - EACH_SPACE) & ~word;
    const isDeleteOrAbove = (word ^ EACH_DELETE) - EACH_ONE;
    if (((isBelowSpace | isDeleteOrAbove) & EACH_HIGH_BIT) !== 0) break;
    at += 4;
  }
  return at;
}

/** Where to go on scanning an incomplete head of which `to` bytes were scanned. */
export function nextHeadScan(bytes: Uint8Array, to: number): number {
  return to > 0 && bytes[to - 1] === CR ? to - 1 : to;
}
