import type { Socket } from "node:net";

const HALF_CLOSED_MS = 30_000;

/** The two ends of an upgraded connection. */
export interface TunnelEnds {
  readonly client: Socket;
  readonly instance: Socket;
}

/** Guards a tunnel between two sockets that http-proxy pipes into each other: neither outlives the other. */
export class Tunnel {
  readonly #ends: TunnelEnds;
  readonly #readAtStart: number;
  readonly #writtenAtStart: number;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(ends: TunnelEnds, maxMs: number | undefined) {
    this.#ends = ends;
    this.#readAtStart = ends.instance.bytesRead;
    this.#writtenAtStart = ends.instance.bytesWritten;
    if (maxMs !== undefined) this.#timer = setTimeout(() => this.end(), maxMs);
    const { client, instance } = ends;
    for (const [one, other] of [
      [client, instance],
      [instance, client],
    ] as const) {
      // http-proxy passes the end of one direction on. The other one may have more to say, but not for ever.
      one.once("end", () => other.setTimeout(HALF_CLOSED_MS, () => this.end()));
      one.once("close", () => this.#closeOther(other));
    }
  }

  get bytesIn(): number {
    return this.#ends.instance.bytesWritten - this.#writtenAtStart;
  }

  get bytesOut(): number {
    return this.#ends.instance.bytesRead - this.#readAtStart;
  }

  /** Ends it from both sides, after what was written. */
  end(): void {
    clearTimeout(this.#timer);
    this.#ends.client.destroySoon();
    this.#ends.instance.destroySoon();
  }

  #closeOther(other: Socket): void {
    clearTimeout(this.#timer);
    other.destroySoon();
  }
}
