// An upgraded connection: bytes go both ways, as they come.

import type { InstanceConnection } from "./instance-connection.ts";

/** The client's side of a tunnel. */
export interface TunnelClient {
  write(bytes: Buffer, from: number, to: number): void;
  readonly isBackedUp: boolean;
  pauseReading(): void;
  resumeReading(): void;
}

/**
 * Bytes both ways, with back-pressure. The client may end its side and go on reading, as `docker attach` does;
 * when the instance ends, nobody has anything left to read.
 */
export class Tunnel {
  readonly #client: TunnelClient;
  readonly #instance: InstanceConnection;
  bytesIn = 0;
  bytesOut = 0;

  constructor(client: TunnelClient, instance: InstanceConnection) {
    this.#client = client;
    this.#instance = instance;
  }

  fromClient(bytes: Buffer, from: number, to: number): void {
    this.bytesIn += to - from;
    this.#instance.write(bytes, from, to);
    if (this.#instance.isBackedUp) this.#client.pauseReading();
  }

  fromInstance(bytes: Buffer, from: number, to: number): void {
    this.bytesOut += to - from;
    this.#client.write(bytes, from, to);
    if (this.#client.isBackedUp) this.#instance.pauseReading();
  }

  onClientEnd(): void {
    this.#instance.end();
  }

  onClientDrain(): void {
    this.#instance.resumeReading();
  }

  onInstanceDrain(): void {
    this.#client.resumeReading();
  }
}
