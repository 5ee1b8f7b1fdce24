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
 */
export function findHeadEnd(bytes: Uint8Array, start: number, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= SPACE ? byte !== DELETE : byte === TAB) continue;
    if (byte !== CR) return HEAD_MALFORMED;
    if (at + 1 === to) return HEAD_INCOMPLETE;
    if (bytes[at + 1] !== LF) return HEAD_MALFORMED;
    at++;
    if (at - 1 > start && bytes[at - 2] === LF) return at + 1;
  }
  return HEAD_INCOMPLETE;
}

/** Where to go on scanning an incomplete head of which `to` bytes were scanned. */
export function nextHeadScan(bytes: Uint8Array, to: number): number {
  return to > 0 && bytes[to - 1] === CR ? to - 1 : to;
}
