// Request path 4 of 7: read -> match -> pick -> CONNECT -> forward -> relay -> log.
// The HTTP/2 connections to all instances, each shared by many exchanges.

import type { InstanceEntry } from "../../../table/instance-entry.ts";
import type { Trust } from "../../instance-tls/trusts.ts";
import type { Deadlines } from "../../wire/deadlines.ts";
import type { AnswerReceiver } from "../../wire/relay-instance.ts";
import { InstanceSession, type SessionKeeper } from "./instance-session.ts";
import { InstanceStream } from "./instance-stream.ts";
import type { StreamRequest } from "./stream-request.ts";

/** Sessions by authority; the oldest with room is taken, so that those which are not needed become idle. */
export class InstanceSessions implements SessionKeeper {
  readonly deadlines: Deadlines;
  readonly connect: SessionKeeper["connect"];
  readonly #open = new Map<string, Set<InstanceSession>>();
  /** Those that are closing, too. */
  readonly #all = new Set<InstanceSession>();

  constructor(deadlines: Deadlines, connect: SessionKeeper["connect"]) {
    this.deadlines = deadlines;
    this.connect = connect;
  }

  /** All that there are, from the first packet to the last. */
  get count(): number {
    return this.#all.size;
  }

  /** Gives a stream for one exchange, that is ready or will be; `receiver` hears of it. */
  open(
    instance: InstanceEntry,
    request: StreamRequest,
    receiver: AnswerReceiver,
    trust?: Trust,
  ): InstanceStream {
    const stream = new InstanceStream(instance, request, receiver, trust);
    this.place(stream);
    return stream;
  }

  place(stream: InstanceStream): void {
    const { instance, trust } = stream;
    for (const session of this.#open.get(instance.authority) ?? []) {
      if (session.takes(instance, trust)) return stream.join(session);
    }
    stream.join(this.#start(instance, trust));
  }

  /** The sessions to an authority take no further exchange. */
  drop(authority: string): void {
    for (const session of this.#open.get(authority) ?? []) session.close();
  }

  /** Those that were made under a trust take no further exchange. */
  dropSecure(): void {
    for (const session of this.#all) if (session.trust !== undefined) session.close();
  }

  /** Cuts all sessions. */
  destroy(): void {
    for (const session of this.#all) session.destroy();
  }

  onClosing(session: InstanceSession): void {
    const { authority } = session.instance;
    const open = this.#open.get(authority);
    if (open?.delete(session) === true && open.size === 0) this.#open.delete(authority);
  }

  onClosed(session: InstanceSession): void {
    this.onClosing(session);
    this.#all.delete(session);
  }

  #start(instance: InstanceEntry, trust: Trust | undefined): InstanceSession {
    const session = new InstanceSession(this, instance, trust);
    this.#all.add(session);
    const open = this.#open.get(instance.authority);
    if (open === undefined) this.#open.set(instance.authority, new Set([session]));
    else open.add(session);
    return session;
  }
}
