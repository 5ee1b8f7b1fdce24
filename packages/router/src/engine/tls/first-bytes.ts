// The first bytes of an accepted connection, read in plain before TLS is put on it: a PROXY header, and what the client says
// first.

import { EventEmitter } from "node:events";

import { type AcceptedHandle, socketOn, takeHandle, writeLast } from "../wire/accepted-handle.ts";
import { SHARED } from "../wire/shared-read.ts";
import { canWriteToHandles } from "../wire/write-handle.ts";

/** Its events are those of a socket: `data`, whose bytes are gone when it returns, `end`, `error`, `close`. */
export interface FirstBytes extends Pick<NodeJS.EventEmitter, "on" | "off"> {
  /** Gives the connection on, which reads nothing any more; nothing more is heard of it here. */
  take(): AcceptedHandle;
  /** Sends an alert, and our end. */
  refuse(alert: Buffer): void;
  destroy(): unknown;
}

/** Begins to read an accepted connection. */
export function readFirstBytes(handle: AcceptedHandle): FirstBytes {
  return canWriteToHandles ? readHandle(handle) : readSocket(handle);
}

/** By Node's handle alone. */
export function readHandle(handle: AcceptedHandle): FirstBytes {
  return new HandleReader(handle);
}

/** The same by a socket, for a Node whose handles are others than this was written for. */
export function readSocket(handle: AcceptedHandle): FirstBytes {
  const socket = socketOn(handle);
  return Object.assign(socket.resume(), {
    take: () => takeHandle(socket),
    refuse: (alert: Buffer) => void socket.end(alert),
  });
}

class HandleReader extends EventEmitter implements FirstBytes {
  readonly #tcp: AcceptedHandle;
  #bytesRead = 0;
  #isTaken = false;
  #isDestroyed = false;

  constructor(tcp: AcceptedHandle) {
    super();
    this.#tcp = tcp;
    tcp.useUserBuffer(SHARED);
    tcp.owner = this;
    tcp.onread = onRead;
    tcp.readStart();
  }

  take(): AcceptedHandle {
    this.#isTaken = true;
    this.#tcp.readStop();
    return this.#tcp;
  }

  refuse(alert: Buffer): void {
    writeLast(this.#tcp, alert);
  }

  destroy(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.#tcp.close(() => this.emit("close"));
  }

  onRead(): void {
    if (this.#isTaken || this.#isDestroyed) return;
    const { bytesRead } = this.#tcp;
    const length = bytesRead - this.#bytesRead;
    this.#bytesRead = bytesRead;
    // With no new bytes it is the client's end, or an error: it is gone in both.
    if (length > 0) this.emit("data", SHARED.subarray(0, length));
    else this.emit("end");
  }
}

function onRead(this: AcceptedHandle): void {
  this.owner?.onRead();
}
