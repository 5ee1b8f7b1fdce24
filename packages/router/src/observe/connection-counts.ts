import type { ConnectionObserver, DoneHandshake } from "../engine/connection-observer.ts";
import type { FloodKind } from "../engine/http2/flood-watch.ts";
import type { HandshakeFailure } from "../engine/tls/handshake-failure.ts";

/** What was counted of connections; plain data. */
export interface ConnectionDelta {
  /** By {@link handshakeLabels}, joined with spaces. */
  readonly handshakes: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<HandshakeFailure, number>;
  readonly floods: ReadonlyMap<FloodKind, number>;
}

/** Counts what engines tell of connections. */
export class ConnectionCounts implements ConnectionObserver {
  readonly handshakes = new Map<string, number>();
  readonly failures = new Map<HandshakeFailure, number>();
  readonly floods = new Map<FloodKind, number>();

  handshakeDone({ isResumed, version, protocol = "none" }: DoneHandshake): void {
    add(this.handshakes, `${isResumed ? "resumed" : "full"} ${version} ${protocol}`, 1);
  }

  handshakeFailed(failure: HandshakeFailure): void {
    add(this.failures, failure, 1);
  }

  flooded(kind: FloodKind): void {
    add(this.floods, kind, 1);
  }

  /** Takes all that was counted since the last time; undefined when nothing was. */
  take(): ConnectionDelta | undefined {
    const { handshakes, failures, floods } = this;
    if (handshakes.size + failures.size + floods.size === 0) return undefined;
    const taken = { handshakes: new Map(handshakes), failures: new Map(failures), floods: new Map(floods) };
    for (const counts of [handshakes, failures, floods]) counts.clear();
    return taken;
  }

  /** Adds what {@link ConnectionCounts.take} gave elsewhere. */
  add({ handshakes, failures, floods }: ConnectionDelta): void {
    for (const [key, count] of handshakes) add(this.handshakes, key, count);
    for (const [failure, count] of failures) add(this.failures, failure, count);
    for (const [kind, count] of floods) add(this.floods, kind, count);
  }
}

/** All keys of `handshakes` that there can be. */
export const HANDSHAKE_KEYS: readonly string[] = ["full", "resumed"].flatMap((kind) =>
  ["TLSv1.2", "TLSv1.3"].flatMap((version) =>
    ["h2", "http/1.1", "none"].map((protocol) => `${kind} ${version} ${protocol}`),
  ),
);

/** The labels of a key of `handshakes`. */
export function handshakeLabels(key: string): Readonly<Record<"kind" | "version" | "protocol", string>> {
  const [kind = "", version = "", protocol = ""] = key.split(" ");
  return { kind, version, protocol };
}

function add<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
