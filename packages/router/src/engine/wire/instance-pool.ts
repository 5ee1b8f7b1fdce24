// Request path 4 of 7: read -> match -> pick -> CONNECT -> forward -> relay -> log.
// The kept-alive connections that wait for their next exchange.

import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { Trust } from "../instance-tls/trusts.ts";
import type { InstanceConnection } from "./instance-connection.ts";

/** More idle connections than this to one authority are closed. */
const MAX_IDLE_PER_AUTHORITY = 256;

/** Idle connections by authority; the one that was used last goes out first, so that the others age. */
export class InstancePool {
  readonly #idle = new Map<string, InstanceConnection[]>();
  /** They have still to write, and are nobody's. */
  readonly #leaving = new Set<InstanceConnection>();
  #isClosed = false;

  /** Takes an idle connection to an instance out of the pool: one that was made under this very trust. */
  take(instance: InstanceEntry, trust?: Trust): InstanceConnection | undefined {
    const idle = this.#idle.get(instance.authority);
    const last = idle?.at(-1);
    if (last === undefined || last.serves(instance, trust)) return idle?.pop();
    const found = idle?.findLast((connection) => connection.serves(instance, trust));
    if (found !== undefined) this.remove(found);
    return found;
  }

  /** Puts a connection into the pool; false when there is no place for it. */
  give(connection: InstanceConnection): boolean {
    if (this.#isClosed) return false;
    const idle = this.#idle.get(connection.authority);
    if (idle === undefined) this.#idle.set(connection.authority, [connection]);
    else if (idle.length >= MAX_IDLE_PER_AUTHORITY) return false;
    else idle.push(connection);
    return true;
  }

  /** Keeps an eye on a connection that will never be idle again, until it is removed. */
  leave(connection: InstanceConnection): void {
    this.#leaving.add(connection);
  }

  /** Forgets a connection that died while it was idle, or leaving. */
  remove(connection: InstanceConnection): void {
    this.#leaving.delete(connection);
    const idle = this.#idle.get(connection.authority);
    if (idle === undefined) return;
    const index = idle.lastIndexOf(connection);
    if (index !== -1) idle.splice(index, 1);
    if (idle.length === 0) this.#idle.delete(connection.authority);
  }

  /** Closes the idle connections to an authority. */
  drop(authority: string): void {
    const idle = this.#idle.get(authority);
    this.#idle.delete(authority);
    for (const connection of idle ?? []) connection.destroy();
  }

  /** Closes the idle connections that were made under a trust. */
  dropSecure(): void {
    for (const connection of [...this.#idle.values()].flat()) {
      if (connection.trust === undefined) continue;
      this.remove(connection);
      connection.destroy();
    }
  }

  /** Cuts all connections that are idle or leaving, and takes no further ones. */
  destroy(): void {
    this.#isClosed = true;
    for (const connection of this.#leaving) connection.destroy();
    for (const authority of this.#idle.keys()) this.drop(authority);
  }
}
