import type { IDuplexStream, ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from "etcd3";

import type { Connection } from "./connection.ts";

type RawStream = IDuplexStream<ILeaseKeepAliveRequest, ILeaseKeepAliveResponse>;

/** A raw stream on which leases are renewed, one renewal at a time. It ends with the first failure. */
export class LeaseStream {
  readonly #stream: RawStream;
  #answer: PromiseWithResolvers<ILeaseKeepAliveResponse> | undefined;
  #isOver = false;

  static async open(connection: Connection, timeoutMs: number): Promise<LeaseStream> {
    const stream = await connection.openStream((etcd) => etcd.lease.leaseKeepAlive(), timeoutMs);
    return new LeaseStream(stream);
  }

  private constructor(stream: RawStream) {
    this.#stream = stream;
    stream.on("data", (answer) => this.#answer?.resolve(answer));
    stream.on("error", (error) => this.#end(error));
    stream.on("end", () => this.#end(new Error("14 UNAVAILABLE: etcd ended the stream")));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Renews a lease. Resolves with its time to live in seconds, 0 when there is no such lease; rejects when there is no answer. */
  async renew(lease: string, timeoutMs: number): Promise<number> {
    if (this.#isOver) throw new Error("14 UNAVAILABLE: the stream is over");
    const answer = Promise.withResolvers<ILeaseKeepAliveResponse>();
    this.#answer = answer;
    const timer = setTimeout(() => this.#end(new Error("4 DEADLINE_EXCEEDED: no renewal")), timeoutMs);
    this.#stream.write({ ID: lease });
    try {
      return Number((await answer.promise).TTL);
    } finally {
      clearTimeout(timer);
      this.#answer = undefined;
    }
  }

  close(): void {
    this.#end(new Error("1 CANCELLED: closed"));
  }

  #end(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.cancel();
    this.#answer?.reject(error);
  }
}
