// The endpoints of one etcd cluster: which one to ask, and for how long before the next one is asked.

import { abortable } from "./abortable.ts";
import { BackOff, sleep } from "./back-off.ts";
import { Connection } from "./connection.ts";
import { type Failure, type FailureKind, NO_ANSWER, readFailure } from "./etcd-failure.ts";
import { type StoreErrorCode, StoreError, type StoreSettings } from "./store.ts";

const DEFAULT_CALL_TIMEOUT_MS = 5_000;
const SHORTEST_ATTEMPT_MS = 500;

/** What is asked of whichever endpoint answers. Must be harmless when it is done twice. */
export interface Question<T> {
  attempt(connection: Connection, timeoutMs: number): Promise<T>;
  /** For people, in errors: "read KEY". */
  readonly what: string;
  /** The key that errors name. */
  readonly key?: string;
  /** Milliseconds for all attempts together; default: the deadline of one call. */
  readonly timeoutMs?: number;
  /** Ends the question with a StoreError `closed`. */
  readonly signal?: AbortSignal;
}

/** All endpoints of a cluster. Calls stay with one that answers and move on when it does not. */
export class Cluster {
  readonly callTimeoutMs: number;
  readonly #connections: readonly Connection[];
  readonly #life = new AbortController();
  #preferred: number;

  constructor(endpoints: readonly string[], settings: StoreSettings) {
    this.callTimeoutMs = settings.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
    this.#connections = endpoints.map((endpoint) => new Connection(endpoint, settings));
    // Clients that start at the same time are not to begin with the same member.
    this.#preferred = Math.floor(Math.random() * endpoints.length);
  }

  get connections(): readonly Connection[] {
    return this.#connections;
  }

  /** The endpoint that calls are made to. */
  get preferred(): Connection {
    return this.#at(this.#preferred);
  }

  /** The endpoint after this one; the same when there is only one. */
  after(connection: Connection): Connection {
    return this.#at(this.#connections.indexOf(connection) + 1);
  }

  /** Tells that an endpoint did not answer: calls go to the next one. */
  avoid(connection: Connection): void {
    if (this.preferred === connection) this.#preferred++;
  }

  /**
   * Asks until an endpoint answers, with jitter between rounds. Throws a StoreError: what etcd
   * refuses at once, `unreachable` after the deadline, `closed` when the cluster is closed.
   */
  async ask<T>(question: Question<T>): Promise<T> {
    const signal = question.signal
      ? AbortSignal.any([question.signal, this.#life.signal])
      : this.#life.signal;
    const round = new Round(this.#connections.length, question.timeoutMs ?? this.callTimeoutMs);
    const backOff = new BackOff({ firstMs: 50, mostMs: 1_000 });
    while (!signal.aborted) {
      const connection = this.preferred;
      try {
        return await abortable(question.attempt(connection, round.attemptMs()), signal);
      } catch (error) {
        if (signal.aborted) break;
        const failure = judge(error, question);
        this.avoid(connection);
        round.failed(connection, failure);
      }
      if (round.isComplete) await sleep(Math.min(backOff.next(), round.leftMs), signal);
      if (round.leftMs <= 0) throw round.unreachable(question);
    }
    throw new StoreError("closed", `it is closed: cannot ${question.what}`, keyProperty(question.key));
  }

  /** Ends all calls. Those that run reject. */
  close(): void {
    this.#life.abort();
    for (const connection of this.#connections) connection.close();
  }

  #at(index: number): Connection {
    const connection = this.#connections[index % this.#connections.length];
    if (connection === undefined) throw new RangeError("a cluster has at least one endpoint");
    return connection;
  }
}

// What may pass by itself is given back; everything else is thrown.
function judge(error: unknown, question: Question<unknown>): Failure {
  if (error instanceof StoreError || error instanceof Interrupted) throw error;
  const failure = readFailure(error);
  if (failure.kind === "not-sent" || failure.kind === "unanswered") return failure;
  throw refusal(failure, { ...question, cause: error });
}

/** An answer that is none: the attempt throws it to end the question with a meaning of its own. */
export class Interrupted extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.text);
    this.name = "Interrupted";
    this.failure = failure;
  }
}

// How the time of one question is shared out: a member that hangs must not take the time of the others.
class Round {
  readonly #size: number;
  readonly #endsAt: number;
  readonly #reasons = new Map<string, string>();

  constructor(size: number, timeoutMs: number) {
    this.#size = size;
    this.#endsAt = performance.now() + timeoutMs;
  }

  get leftMs(): number {
    return this.#endsAt - performance.now();
  }

  /** Every endpoint failed at least once. */
  get isComplete(): boolean {
    return this.#reasons.size >= this.#size;
  }

  attemptMs(): number {
    const untried = Math.max(1, this.#size - this.#reasons.size);
    return Math.max(Math.min(SHORTEST_ATTEMPT_MS, this.leftMs), this.leftMs / untried);
  }

  failed({ endpoint }: Connection, { text }: Failure): void {
    // The last attempt has so little time that its lateness says nothing.
    if (text !== NO_ANSWER || !this.#reasons.has(endpoint)) this.#reasons.set(endpoint, text);
  }

  unreachable({ what, key }: Question<unknown>): StoreError {
    const endpoints = [...this.#reasons.keys()].join(", ");
    const reasons = [...new Set(this.#reasons.values())].join("; ");
    const message = `etcd at ${endpoints} does not answer (${reasons}): cannot ${what}`;
    return new StoreError("unreachable", message, keyProperty(key));
  }
}

function refusal(
  failure: Failure,
  { what, key, cause }: { what: string; key?: string; cause?: unknown },
): StoreError {
  const [code, reason] = MEANINGS.get(failure.kind) ?? ["failed", "etcd failed"];
  return new StoreError(code, `${reason} (${failure.text}): cannot ${what}`, { ...keyProperty(key), cause });
}

function keyProperty(key: string | undefined): { key?: string } {
  return key === undefined ? {} : { key };
}

const MEANINGS: ReadonlyMap<FailureKind, readonly [StoreErrorCode, string]> = new Map([
  ["denied", ["denied", "etcd denies it"]],
  ["token", ["denied", "etcd denies it"]],
  ["read-only", ["read-only", "etcd is read-only because its space quota is used up"]],
  ["too-large", ["too-large", "it is too large for etcd"]],
  ["lease-gone", ["lease-lost", "the lease has run out or was revoked"]],
]);
