import type { Socket } from "node:net";

import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { Trust } from "../instance-tls/trusts.ts";

const MAX_IDLE_PER_INSTANCE = 100;

/** Whom a connection is to, and what it had to prove; undefined: nothing. */
export interface Peer {
  readonly instance: InstanceEntry;
  readonly trust: Trust | undefined;
}

/** One kept connection, with what takes it out again. */
interface Kept extends Peer {
  readonly socket: Socket;
  readonly release: () => void;
}

/**
 * Connections to instances that wait for their next request, by authority. The one that was used
 * last is taken first, so that those that are too many grow old.
 */
export class IdlePool {
  readonly #kept = new Map<string, Kept[]>();

  /** Idle connections, of all instances. */
  get size(): number {
    let size = 0;
    for (const kept of this.#kept.values()) size += kept.length;
    return size;
  }

  /** Takes one that had to prove just this. */
  take(peer: Peer): Socket | undefined {
    const kept = this.#kept.get(peer.instance.authority)?.findLast((each) => serves(each, peer));
    kept?.release();
    return kept?.socket;
  }

  /** Keeps a connection for `idleMs`; closes it when there are enough. */
  put(peer: Peer, socket: Socket, idleMs: number): void {
    const { authority } = peer.instance;
    const list = this.#kept.get(authority) ?? [];
    if (socket.destroyed || !socket.writable || list.length >= MAX_IDLE_PER_INSTANCE) {
      socket.destroy();
      return;
    }
    // An instance that speaks unasked could give the next client an answer that is not for it.
    const drop = (): void => {
      release();
      socket.destroy();
    };
    const release = (): void => {
      socket.off("data", drop).off("end", drop).off("timeout", drop).off("close", release).setTimeout(0);
      this.#remove(authority, socket);
    };
    socket.on("data", drop).on("end", drop).on("timeout", drop).on("close", release).setTimeout(idleMs);
    socket.resume();
    list.push({ ...peer, socket, release });
    this.#kept.set(authority, list);
  }

  /** Closes the idle connections to one instance. */
  drop(authority: string): void {
    const kept = this.#kept.get(authority) ?? [];
    this.#kept.delete(authority);
    for (const { socket } of kept) socket.destroy();
  }

  /** Closes the idle connections to instances that had to prove something. */
  dropSecure(): void {
    const secure = [...this.#kept.values()].flat().filter(({ trust }) => trust !== undefined);
    for (const { socket, release } of secure) {
      release();
      socket.destroy();
    }
  }

  close(): void {
    for (const authority of this.#kept.keys()) this.drop(authority);
  }

  #remove(authority: string, socket: Socket): void {
    const left = this.#kept.get(authority)?.filter((kept) => kept.socket !== socket) ?? [];
    if (left.length === 0) this.#kept.delete(authority);
    else this.#kept.set(authority, left);
  }
}

function serves(kept: Peer, asked: Peer): boolean {
  return kept.trust === asked.trust && (asked.trust === undefined || kept.instance === asked.instance);
}
