// Where a client's connection, and what runs on it, meet.

import type { Answer } from "./answer.ts";
import type { Deadline } from "./deadlines.ts";
import type { Guarded } from "./guard.ts";
import type { InstanceConnections } from "./instance-connection.ts";
import type { RequestHeadRead } from "./read-request-head.ts";

/** The way to a client: a socket of its own, or a stream on one. */
export interface ClientSocket {
  /** More is waiting to be sent than should be, and `onClientDrain` will tell when it is gone. */
  readonly isBackedUp: boolean;
  /** Reads no more for now. */
  pause(): void;
  resume(): void;
  /** Writes the bytes `from`..`to` of a tunnel; they may be overwritten afterwards. */
  write(bytes: Buffer, from: number, to: number): void;
}

/** What an exchange asks of its client's connection. */
export interface RelayClient extends Guarded {
  readonly socket: ClientSocket;
  /** Whatever the exchange waits for; it limits it to its own end. */
  readonly deadline: Deadline;
  /** Where the answer to a request is written. */
  answerTo(head: RequestHeadRead): Answer;
  /** The connection is a tunnel's: all its bytes go there from here on. */
  onUpgraded(tunnel: ClientBytes): void;
  /** The exchange is over, and its answer written. `maySendMore`: nobody told the client not to. */
  onExchangeEnd(persists: boolean, maySendMore: boolean): void;
  /** The exchange is over, but its answer is not whole, and the client must see that. */
  cut(endsWithConnection: boolean): void;
}

/** What takes the bytes of a client's connection, and hears of it: an exchange, or the tunnel that it became. */
export interface ClientBytes {
  /** The client's next bytes belong to it. */
  readonly takesBytes: boolean;
  /** Gives the index behind the bytes that it took. */
  onClientBytes(bytes: Buffer, from: number, to: number): number;
  /** The client takes bytes again. */
  onClientDrain(): void;
  /** The client has sent its end. */
  onClientEnd(): void;
  /** The connection is closed. */
  onClientGone(): void;
  /** The connection's deadline has passed. */
  onDeadline(): void;
  /** The router closes. */
  onClose(): void;
  /** The client's connection is given up for a defect of the router. */
  abandon(): void;
}

/** What all exchanges of an engine share. */
export interface RelayContext extends InstanceConnections {
  /** No connection persists any more. */
  readonly isClosing: boolean;
}
