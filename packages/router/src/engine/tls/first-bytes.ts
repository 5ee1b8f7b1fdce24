// The first bytes of an accepted connection, read in plain before TLS is put on it: a PROXY header, and what the client says
// first.

import { type AcceptedHandle, socketOn, takeHandle, writeLast } from "../wire/accepted-handle.ts";
import { SHARED } from "../wire/shared-read.ts";
import { canWriteToHandles } from "../wire/write-handle.ts";

/** Whom they are for. */
export interface FirstBytesOwner {
  /** They are gone when it returns. */
  onFirstBytes(bytes: Buffer): void;
  /** The client's end, or an error: it is gone in both. */
  onGone(): void;
  /** It was closed here. */
  onClose(): void;
}

/** A connection whose first bytes are read. */
export interface FirstBytes {
  /** Gives the connection on, which reads nothing any more; nothing more is heard of it here. */
  take(): AcceptedHandle;
  /** Sends an alert, and our end. */
  refuse(alert: Buffer): void;
  destroy(): unknown;
}

/** Begins to read an accepted connection. */
export function readFirstBytes(handle: AcceptedHandle, owner: FirstBytesOwner): FirstBytes {
  return canWriteToHandles ? readHandle(handle, owner) : readSocket(handle, owner);
}

/** By Node's handle alone. */
export function readHandle(handle: AcceptedHandle, owner: FirstBytesOwner): FirstBytes {
  return new HandleReader(handle, owner);
}

/** The same by a socket, for a Node whose handles are others than this was written for. */
export function readSocket(handle: AcceptedHandle, owner: FirstBytesOwner): FirstBytes {
  const socket = socketOn(handle);
  let isTaken = false;
  socket.on("data", (bytes: Buffer) => owner.onFirstBytes(bytes));
  socket.on("end", () => owner.onGone()).on("error", () => owner.onGone());
  socket.on("close", () => {
    if (!isTaken) owner.onClose();
  });
  return Object.assign(socket, {
    take: () => {
      isTaken = true;
      return takeHandle(socket);
    },
    refuse: (alert: Buffer) => void socket.end(alert),
  });
}

class HandleReader implements FirstBytes {
  readonly #tcp: AcceptedHandle;
  readonly #owner: FirstBytesOwner;
  #bytesRead = 0;
  #isTaken = false;
  #isDestroyed = false;

  constructor(tcp: AcceptedHandle, owner: FirstBytesOwner) {
    this.#tcp = tcp;
    this.#owner = owner;
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
    this.#tcp.close(() => this.#owner.onClose());
  }

  onRead(): void {
    if (this.#isTaken || this.#isDestroyed) return;
    const { bytesRead } = this.#tcp;
    const length = bytesRead - this.#bytesRead;
    this.#bytesRead = bytesRead;
    if (length > 0) this.#owner.onFirstBytes(SHARED.subarray(0, length));
    else this.#owner.onGone();
  }
}

function onRead(this: AcceptedHandle): void {
  this.owner?.onRead();
}
