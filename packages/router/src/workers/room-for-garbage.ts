// How often V8 looks through all of a worker's heap. By itself it does so whenever a heap has grown by a tenth or 16 MB, and every
// stream over HTTP/2 leaves something (docs/request-cost.md): with thousands of connections that is a tenth of a
// second, every ten, in which requests share their core with the collector.

import { getHeapStatistics, setFlagsFromString } from "node:v8";

/** What may lie in a heap of which half is garbage. */
const ROOM_BYTES = 128 * 2 ** 20;
/** A large table must not hold a multiple of itself; V8's own most is 300. */
const LEAST_PERCENT = 25;
const MOST_PERCENT = 300;

/** By how much a heap, of which so many bytes are in use, may grow before the next full collection. */
export function growingPercent(usedBytes: number): number {
  const percent = Math.round((ROOM_BYTES / usedBytes) * 100);
  return Math.min(Math.max(percent, LEAST_PERCENT), MOST_PERCENT);
}

/** Sets that for this process. To be called every now and then: what is in use changes. */
export function leaveRoomForGarbage(): void {
  const percent = growingPercent(getHeapStatistics().used_heap_size);
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}
