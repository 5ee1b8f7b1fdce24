// What a client may do only so often, because it costs the router more than the client: frames that want an answer, and
// requests that are taken back at once ("rapid reset", CVE-2023-44487). Each kind has a bucket that fills up again.

/** What is counted. */
export type FloodKind = "reset" | "ping" | "settings" | "refused" | "frames";

interface Bucket {
  /** What a new connection may do at once; who floods comes again and again. As much as `burst` when it does not say. */
  readonly atFirst?: number;
  readonly burst: number;
  /** On and on. */
  readonly perSecond: number;
}

const BUCKETS: Readonly<Record<FloodKind, Bucket>> = {
  reset: { burst: 200, perSecond: 20 },
  // gRPC's clients measure the bandwidth by pings: one a round trip, as long as data flows.
  ping: { burst: 1_000, perSecond: 5_000 },
  settings: { burst: 20, perSecond: 2 },
  refused: { burst: 50, perSecond: 5 },
  // Bytes of frames that belong to no request.
  frames: { atFirst: 64 * 1024, burst: 256 * 1024, perSecond: 64 * 1024 },
};

/** All kinds. */
export const FLOOD_KINDS = Object.keys(BUCKETS);

/** Counts for one connection. */
export class FloodWatch {
  readonly #left = new Map<FloodKind, { left: number; atMs: number }>();

  /** One more, or so many, at a time in milliseconds; true: that is too many. Fewer than none are given back. */
  isFlood(kind: FloodKind, nowMs: number, count = 1): boolean {
    const { burst, atFirst = burst, perSecond } = BUCKETS[kind];
    const before = this.#left.get(kind) ?? { left: atFirst, atMs: nowMs };
    const filled = before.left + ((nowMs - before.atMs) / 1_000) * perSecond;
    const left = Math.min(burst, Math.min(burst, filled) - count);
    this.#left.set(kind, { left, atMs: nowMs });
    return left < 0;
  }
}
