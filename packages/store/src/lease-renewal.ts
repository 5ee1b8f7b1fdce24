import { BackOff, jittered, sleep } from "./back-off.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection } from "./connection.ts";
import { NO_ANSWER, readFailure } from "./etcd-failure.ts";
import type { Lease } from "./lease-grant.ts";
import { LeaseStream } from "./lease-stream.ts";

/** The part of its time after which a lease that was not renewed is taken for lost, before etcd says so. */
const TRUSTED_PART = 0.9;

/** Renews one lease, at whichever endpoint answers, at a third of its time. */
export class LeaseRenewal {
  readonly #cluster: Cluster;
  readonly #lease: Lease;
  readonly #signal: AbortSignal;
  #connection: Connection;
  #stream: LeaseStream | undefined;

  constructor(cluster: Cluster, lease: Lease, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#lease = lease;
    this.#signal = signal;
    this.#connection = cluster.preferred;
  }

  /** Resolves with the reason when the lease is lost or the signal is aborted. Never rejects. */
  async run(): Promise<string> {
    let reason: string | undefined;
    while (reason === undefined) {
      await sleep(jittered(this.#lease.ttlMs / 3), this.#signal);
      reason = await this.#renewInTime();
    }
    this.#stream?.close();
    return reason;
  }

  get #leftMs(): number {
    return this.#lease.renewedAt + TRUSTED_PART * this.#lease.ttlMs - performance.now();
  }

  async #renewInTime(): Promise<string | undefined> {
    const backOff = new BackOff({ firstMs: 50, mostMs: this.#lease.ttlMs / 6 });
    let trouble = "";
    while (true) {
      await sleep(Math.min(backOff.next(), this.#leftMs), this.#signal);
      if (this.#signal.aborted) return "closed";
      if (this.#leftMs <= 0) break;
      try {
        return (await this.#renew()) ? undefined : "etcd has no such lease any more";
      } catch (error) {
        const { text } = readFailure(error);
        trouble = ` (${text})`;
        this.#moveOn(text);
      }
    }
    const seconds = Math.round((performance.now() - this.#lease.renewedAt) / 1_000);
    return `etcd has not renewed it for ${seconds} s${trouble}`;
  }

  async #renew(): Promise<boolean> {
    const sentAt = performance.now();
    const share = this.#leftMs / this.#cluster.connections.length / 2; // so that another endpoint gets its turn
    const timeoutMs = Math.max(1, Math.min(this.#leftMs, Math.max(this.#lease.ttlMs / 6, share)));
    if (this.#stream === undefined || this.#stream.isOver) {
      this.#stream = await LeaseStream.open(this.#connection, timeoutMs);
    }
    const ttlSeconds = await this.#stream.renew(this.#lease.id, timeoutMs);
    this.#lease.renewedAt = sentAt;
    return ttlSeconds > 0;
  }

  #moveOn(failure: string): void {
    this.#stream?.close();
    if (failure === NO_ANSWER) this.#connection.renew(); // it may be half-open
    this.#cluster.avoid(this.#connection);
    this.#connection = this.#cluster.after(this.#connection);
  }
}
