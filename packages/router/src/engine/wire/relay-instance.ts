// Where an exchange, and what leads to its instance, meet: a connection of HTTP/1.1, or a stream of HTTP/2.

import type { FailureCode } from "../../request/failures.ts";
import type { AnswerParts } from "./answer-reader.ts";
import type { Guarded } from "./guard.ts";
import type { AnswerHead } from "./read-answer-head.ts";

/** What was written when nobody cares any more has this long to go out; milliseconds. */
export const RELEASE_MS = 5_000;

/** The way to an instance: a socket of its own, or a stream on one. */
export interface InstanceSocket {
  /** More is waiting to be sent than should be, and `onInstanceDrain` will tell when it is gone. */
  readonly isBackedUp: boolean;
  /** Reads no more for now. */
  pause(): void;
  resume(): void;
  /** Writes the bytes `from`..`to` of a body, framed as its head says, or of a tunnel; they may be overwritten afterwards. */
  write(bytes: Buffer, from: number, to: number): void;
  /** Nothing more comes from the client of a tunnel. */
  end(): void;
}

/** What an exchange asks of its connection to an instance. */
export interface RelayInstance {
  readonly socket: InstanceSocket;
  /** Bytes of the exchange's request were written, and the instance may have acted upon them. */
  readonly isSent: boolean;
  /** It was kept, and has not answered a byte since: it may have been dead all the while. */
  readonly isUnusedSinceKept: boolean;
  /** It may come back with word that nothing was acted upon, so what was sent is worth keeping. */
  readonly mayRefuse: boolean;
  /** Why the instance could not prove who it is, or did not believe it of us. */
  readonly distrust: string | undefined;
  /** Writes latin1 text: a head, and maybe the beginning of a body. */
  send(text: string): void;
  /** The rest of the request behind an early answer is sent: the connection may serve the next one. */
  settle(): void;
  /** Lets what was written go out, and then ends. */
  release(): void;
  /** Cuts it; its exchange hears nothing more of it. */
  destroy(): void;
}

/** What an exchange gets to hear of its connection to an instance. */
export interface AnswerReceiver extends AnswerParts, Guarded {
  /** All that the client has to send was sent. */
  readonly isRequestWhole: boolean;
  onConnected(): void;
  /** The instance takes bytes again. */
  onInstanceDrain(): void;
  /** The answer is whole, though the request is not yet: the instance goes on taking it. Trailers: those beside its bytes. */
  onEarlyAnswerEnd(trailers?: readonly string[]): void;
  /** The answer is whole, and the connection out of the exchange's hands. Trailers: those beside its bytes. */
  onAnswerEnd(trailers?: readonly string[]): void;
  /** A 101: what follows is the upgraded protocol's. Gives who takes it; undefined when nobody does. */
  onUpgrade(answer: AnswerHead): UpgradedReceiver | undefined;
  /** The connection broke, and is out of the exchange's hands. */
  onInstanceFailed(failure: FailureCode): void;
}

/** Hears of a connection to an instance from its upgrade on. */
export interface UpgradedReceiver {
  onUpgradedBytes(bytes: Buffer, from: number, to: number): void;
  /** The instance takes bytes again. */
  onInstanceDrain(): void;
  /** The instance has sent its end. */
  onUpgradedEnd(): void;
  /** The connection broke, and is out of its hands. */
  onInstanceFailed(failure: FailureCode): void;
}
