// One listening socket a worker, all on one port, kept by the process that starts the workers.
//
// With SO_REUSEPORT the kernel spreads new connections over the sockets by itself: evenly, and without one process
// having to accept for the others. This process binds the sockets, keeps them open and hands them to the workers; it
// never accepts. So connections that wait in the queue of a worker that died, or is replaced, wait for its successor on
// the same socket; had the worker bound its socket itself, they would be reset with it.
//
// Where the kernel or libuv has no SO_REUSEPORT, the workers share one socket. They are spread less evenly then.

import { lookup } from "node:dns/promises";
import * as net from "node:net";
import { getSystemErrorName } from "node:util";

import type { ListenAt } from "../router-settings.ts";

/** libuv's UV_TCP_REUSEPORT. */
const REUSE_PORT = 2;

/** A bound TCP socket, as Node's core and `process.send` know it. */
export interface SocketHandle {
  getsockname(name: { port?: number }): number;
  close(): void;
}

/** The sockets of all places of a replica. */
export class ListeningSockets {
  readonly port: number;
  readonly #handles: readonly SocketHandle[];

  private constructor(port: number, handles: readonly SocketHandle[]) {
    this.port = port;
    this.#handles = handles;
  }

  /** Binds one socket for each of `count` places; port 0 takes a free one. Rejects with `code` when it cannot be bound. */
  static async bind({ host, port }: ListenAt, count: number): Promise<ListeningSockets> {
    const { address, family } = await lookup(host);
    const first = createHandle({ address, port, family, flags: REUSE_PORT });
    if (first.handle === undefined) {
      // Not supported here; a port that is taken is told by the other try as well.
      const only = bound(createHandle({ address, port, family, flags: 0 }), host, port);
      return new ListeningSockets(portOf(only, host, port), [only]);
    }
    const handles = [first.handle];
    const own = portOf(first.handle, host, port);
    while (handles.length < count) {
      const next = bound(createHandle({ address, port: own, family, flags: REUSE_PORT }), host, own);
      portOf(next, host, own);
      handles.push(next);
    }
    return new ListeningSockets(own, handles);
  }

  /** The socket of a place; the same for each of its workers. */
  at(place: number): SocketHandle {
    const handle = this.#handles[place % this.#handles.length];
    if (handle === undefined) throw new RangeError(`no socket for place ${place}`);
    return handle;
  }

  /** Workers that have a socket keep it. */
  close(): void {
    for (const handle of this.#handles) handle.close();
  }
}

interface Made {
  readonly handle: SocketHandle | undefined;
  readonly errno: number;
}

interface HandleOptions {
  readonly address: string;
  readonly port: number;
  readonly family: number;
  readonly flags: number;
}

// Node's public API binds only together with listening and accepting, which is what this process must not do.
function createHandle({ address, port, family, flags }: HandleOptions): Made {
  const create: unknown = Reflect.get(net, "_createServerHandle");
  if (typeof create !== "function")
    throw new Error("this version of Node has no way to bind without accepting");
  const made: unknown = Reflect.apply(create, undefined, [address, port, family, undefined, flags]);
  if (isHandle(made)) return { handle: made, errno: 0 };
  return { handle: undefined, errno: typeof made === "number" ? made : 0 };
}

function isHandle(value: unknown): value is SocketHandle {
  return typeof value === "object" && value !== null && "getsockname" in value && "close" in value;
}

function bound({ handle, errno }: Made, host: string, port: number): SocketHandle {
  if (handle === undefined) throw listenError(errno, host, port);
  return handle;
}

/** libuv keeps EADDRINUSE back until the name of the socket is asked for. */
function portOf(handle: SocketHandle, host: string, port: number): number {
  const name: { port?: number } = {};
  const errno = handle.getsockname(name);
  if (errno === 0 && name.port !== undefined) return name.port;
  handle.close();
  throw listenError(errno, host, port);
}

function listenError(errno: number, host: string, port: number): Error {
  const code = errno < 0 ? getSystemErrorName(errno) : "EINVAL";
  return Object.assign(new Error(`listen ${code}: ${host}:${port}`), { code, errno, syscall: "listen" });
}
