// An upgraded connection: bytes go both ways, as they come.

import type { Exchange } from "../../request/exchange.ts";
import type { FailureCode } from "../../request/failures.ts";
import type { ClientBytes, RelayClient } from "./relay-client.ts";
import type { RelayInstance, UpgradedReceiver } from "./relay-instance.ts";

/**
 * An exchange from its 101 on: bytes both ways, with back-pressure. The client may end its side and go on reading,
 * as `docker attach` does; when the instance ends, nobody has anything left to read.
 */
export class Tunnel implements ClientBytes, UpgradedReceiver {
  readonly #client: RelayClient;
  readonly #instance: RelayInstance;
  readonly #exchange: Exchange;
  #bytesIn = 0;
  #bytesOut = 0;
  #isOver = false;

  constructor(client: RelayClient, instance: RelayInstance, exchange: Exchange) {
    this.#client = client;
    this.#instance = instance;
    this.#exchange = exchange;
  }

  get takesBytes(): boolean {
    return true;
  }

  onClientBytes(bytes: Buffer, from: number, to: number): number {
    this.#bytesIn += to - from;
    this.#instance.socket.write(bytes, from, to);
    if (this.#instance.socket.isBackedUp) this.#client.socket.pause();
    return to;
  }

  onUpgradedBytes(bytes: Buffer, from: number, to: number): void {
    this.#bytesOut += to - from;
    this.#client.socket.write(bytes, from, to);
    if (this.#client.socket.isBackedUp) this.#instance.socket.pause();
  }

  onClientDrain(): void {
    this.#instance.socket.resume();
  }

  onInstanceDrain(): void {
    this.#client.socket.resume();
  }

  onClientEnd(): void {
    this.#instance.socket.end();
  }

  onUpgradedEnd(): void {
    this.#end();
  }

  /** Its time is over. */
  onDeadline(): void {
    this.#end();
  }

  onClose(): void {
    this.#end();
  }

  onClientGone(): void {
    this.#cut("client-gone");
  }

  onInstanceFailed(failure: FailureCode): void {
    this.#cut(failure);
  }

  abandon(): void {
    if (this.#isOver) return;
    this.#instance.destroy();
    this.#finish("internal");
  }

  /** What was sent may still arrive. */
  #end(): void {
    if (this.#isOver) return;
    this.#instance.release();
    this.#finish(undefined);
    this.#client.onExchangeEnd(false, true);
  }

  #cut(failure: FailureCode): void {
    if (this.#isOver) return;
    this.#instance.destroy();
    this.#finish(failure);
    this.#client.cut(false);
  }

  #finish(cut: FailureCode | undefined): void {
    this.#isOver = true;
    const ends = { bytesIn: this.#bytesIn, bytesOut: this.#bytesOut };
    this.#exchange.finish(cut === undefined ? ends : { ...ends, cut });
  }
}
