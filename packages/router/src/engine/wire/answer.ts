import type { Body } from "./body.ts";
import type { AnswerHead } from "./read-answer-head.ts";

/** The router's own answer to a request. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** The answer of one exchange on its way to the client, in whatever protocol that speaks. */
export interface Answer {
  /** The connection can take another request after this answer. */
  persists: boolean;
  /** Bytes of body that went out, without framing. */
  readonly bodyBytes: number;
  /** The client takes the connection's end for the end of the answer. */
  readonly endsWithConnection: boolean;
  /** An interim answer (1xx). */
  writeInterim(answer: AnswerHead): void;
  /** A 101; `lines` are its fields, `upgrade` is the protocol from here on. */
  writeUpgrade(answer: AnswerHead, lines: string, upgrade: string): void;
  /** The router's own answer, whole. */
  writeOwn(answer: OwnAnswer, mayPersist: boolean): void;
  /** The final head of an instance's answer, and the lines of its fields without framing; it may go out with the next call of `writeBody`. */
  startAnswer(answer: AnswerHead, lines: string, body: Body, mayPersist: boolean): void;
  /** Bytes of the body as they came, framing included; with none, what is left of the head goes out. */
  writeBody(bytes: Buffer, from: number, to: number): void;
  /** The body is whole. `trailers`, flat: those that did not come among its bytes. */
  end(trailers?: readonly string[]): void;
}
