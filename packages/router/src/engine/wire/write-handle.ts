// Writing to the handle of a socket, below its stream. The stream's own bookkeeping for a write (a state, a
// callback, a tick) took longer than the write's way into the kernel; most writes are taken there at once, and
// then there is nothing to keep books of.

import { Socket, type SocketConstructorOpts } from "node:net";
import { getSystemErrorName } from "node:util";

/** What of Node's own handles is used here: not documented, and so looked at before it is used. */
export interface WriteHandle {
  /** 0: the kernel took all; another number: the error, negated; a request: what it did not take waits. */
  writeLatin1String(request: null, text: string): number | WriteRequest;
}

/** A write that the kernel did not take at once. */
export interface WriteRequest {
  oncomplete: (status: number) => void;
  /** A number: it is complete already. */
  readonly writeStatus?: number | null;
}

/** An end that is being sent. */
export interface ShutdownRequest {
  oncomplete: () => void;
}

const ShutdownRequestClass = findShutdownRequest();

/**
 * Whether Node's handles can be written to without the streams above them. Older versions want a request object made for
 * each write, and end the process when there is none.
 */
export const canWriteToHandles = takesNoRequest() && ShutdownRequestClass !== undefined;

/** The handle to write to; undefined when the socket is no plain TCP socket, or Node not as this was written for. */
export function tcpHandleOf(socket: object): WriteHandle | undefined {
  return handleOf(socket, "TCP");
}

/** The same of a TLS socket. It takes one write at a time, and no write is complete at once. */
export function tlsHandleOf(socket: object): WriteHandle | undefined {
  return handleOf(socket, "TLSWrap");
}

/** What a handle wants to be given when our end is to be sent; only where handles can be written to. */
export function shutdownRequest(oncomplete: () => void): ShutdownRequest {
  if (ShutdownRequestClass === undefined) throw new TypeError("no handles to write to");
  return Object.assign(new ShutdownRequestClass(), { oncomplete });
}

/** The error of a write, by what the handle said. */
export function writeError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`write ${code}`), { code });
}

function handleOf(socket: object, kind: string): WriteHandle | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  return canWriteToHandles && isWriteHandle(handle) && handle.constructor.name === kind ? handle : undefined;
}

/** Whether something is a handle of Node's that can be written to. */
export function isWriteHandle(handle: unknown): handle is WriteHandle {
  return (
    typeof handle === "object" &&
    handle !== null &&
    "writeLatin1String" in handle &&
    typeof handle.writeLatin1String === "function"
  );
}

/** Whether Node itself writes without a request object: seen by letting it write to a handle that is none. */
function takesNoRequest(): boolean {
  let request: unknown;
  const writeLatin1String = (given: unknown): number => {
    request = given;
    return 0;
  };
  const isWritten = tryOnHandle({ writeLatin1String }, (socket) => void socket.write("?", "latin1"));
  return isWritten && request === null;
}

/** The class that Node makes such requests of: seen by letting it end a handle that is none. */
function findShutdownRequest(): (new () => object) | undefined {
  let found: unknown;
  const shutdown = (request: object): number => {
    found = request.constructor;
    return 1;
  };
  const isEnded = tryOnHandle({ shutdown }, (socket) => void socket.end());
  return isEnded && isClass(found) ? found : undefined;
}

/** Lets Node use a handle that is none, with these methods; false: it could not. */
function tryOnHandle(methods: object, use: (socket: Socket) => void): boolean {
  const handle = { getAsyncId: () => 0, readStart: () => 0, close: () => undefined, ...methods };
  const options: SocketConstructorOpts = {};
  try {
    use(new Socket(Object.assign(options, { handle, manualStart: true })).on("error", () => undefined));
    return true;
  } catch {
    return false;
  }
}

function isClass(value: unknown): value is new () => object {
  return typeof value === "function" && value !== Object;
}
