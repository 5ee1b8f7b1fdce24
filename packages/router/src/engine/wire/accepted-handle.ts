// The handle of an accepted connection, as Node's server gets it from the kernel. Node makes a socket around each, which
// would be undone at once here: a net.Server cannot be told `onread`, nor a TLSSocket be put on a handle by it.

import { type Server, Socket, type SocketConstructorOpts } from "node:net";

import { type ShutdownRequest, type WriteHandle, shutdownRequest } from "./write-handle.ts";

/** What of Node's handle of a TCP connection is used here: not documented, but as old as Node. */
export interface AcceptedHandle extends WriteHandle {
  reading: boolean;
  /** Of all that was read. */
  readonly bytesRead: number;
  /** Called by it. With no new bytes: the peer's end, or an error. A function of each connection's own would outlive it. */
  onread: (this: AcceptedHandle) => void;
  /** For that function: whom to tell. */
  owner?: { onRead(): void };
  readStart(): void;
  readStop(): void;
  /** Has all reads go into this buffer. */
  useUserBuffer(buffer: Buffer): void;
  setNoDelay(isOn: boolean): void;
  setKeepAlive(isOn: boolean, everySeconds: number): void;
  /** Writes the peer's address; other than 0: an error. */
  getpeername(name: { address?: string; port?: number }): number;
  /** Sends our end. */
  shutdown(request: ShutdownRequest): number;
  close(onClosed?: () => void): void;
  /** Closes with a reset. Other than 0: an error, and it is not closed. */
  reset(onClosed: () => void): number;
}

/** Has a server that listens hand its connections over as they are; they read nothing yet. */
export function acceptHandles(server: Server, accept: (handle: AcceptedHandle) => void): void {
  const listening: object = Reflect.get(server, "_handle");
  const before: unknown = Reflect.get(listening, "onconnection");
  if (typeof before !== "function") {
    server.on("connection", (socket) => accept(takeHandle(socket)));
    return;
  }
  Reflect.set(listening, "onconnection", (status: number, handle: AcceptedHandle | undefined) => {
    // A connection that could not be accepted (no file descriptor left) is no reason to end.
    if (status === 0 && handle !== undefined) accept(handle);
  });
}

/** Takes the handle out of a socket, which is used up. */
export function takeHandle(socket: Socket): AcceptedHandle {
  const handle: AcceptedHandle = Reflect.get(socket, "_handle");
  // Whom it is given to starts to read anew.
  if (handle.reading) handle.readStop();
  handle.reading = false;
  Reflect.set(socket, "_handle", null);
  socket.destroy();
  return handle;
}

/** Writes the last bytes, and our end. The peer may be gone; that is heard of in reading. Only where handles can be written to. */
export function writeLast(handle: AcceptedHandle, bytes: Buffer): void {
  handle.writeLatin1String(null, bytes.toString("latin1"));
  handle.shutdown(shutdownRequest(() => undefined));
}

/** A socket on the handle, which reads nothing yet. */
export function socketOn(handle: AcceptedHandle): Socket {
  const options: SocketConstructorOpts = { allowHalfOpen: true };
  return new Socket(Object.assign(options, { handle, manualStart: true }));
}
