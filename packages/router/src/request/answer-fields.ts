// Request path 6 of 7: read -> match -> pick -> connect -> forward -> RELAY -> log.

import type { HttpVersion } from "./exchange.ts";
import { type FieldJudge, type FieldLines, fieldLine } from "./field-lines.ts";
import { createFieldLookup, NameMarks } from "./field-lookup.ts";
import { viaLine } from "./forwarded-fields.ts";
import { namedByConnection, withoutLines } from "./hop-by-hop.ts";
import { httpDate } from "./http-date.ts";
import { requestIdLine } from "./request-id.ts";

/** What the router adds to an answer. */
export interface AnswerAdditions {
  /** What the instance spoke. */
  readonly httpVersion: HttpVersion;
  readonly requestId: string;
  readonly pseudonym: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A whole Set-Cookie value: the affinity cookie. */
  readonly setCookie: string | undefined;
  /** For how long browsers are told to come only over TLS, unless the app says so itself; undefined: not at all. */
  readonly hstsSeconds?: number | undefined;
}

const KINDS = {
  connection: "connection",
  date: "date",
  "strict-transport-security": "hsts",
  // Framing is the engine's.
  "content-length": "drop",
  "transfer-encoding": "drop",
  "keep-alive": "drop",
  "proxy-connection": "drop",
  "proxy-authenticate": "drop",
  te: "drop",
  upgrade: "drop",
  // Ours to say: who sees it must be able to trust that the router failed, not the app.
  "x-wayleave-error": "drop",
  "x-request-id": "drop",
} as const;
const lookup = createFieldLookup<(typeof KINDS)[keyof typeof KINDS]>(KINDS);
const NAMES = new NameMarks(Object.keys(KINDS));

/** Whether a field must be looked at, by its name's length and first code: all others go on as they came. */
export function isAnswerMark(length: number, first: number): boolean {
  return NAMES.has(length, first);
}

/** The lines of an instance's answer for the client: those of hop and framing dropped, ours added. */
export function answerLines(lines: FieldLines, additions: AnswerAdditions): string {
  const reading = new Reading();
  let answer = withoutLines(lines.pass(reading), namedByConnection(reading.connection));
  // RFC 9110 section 6.6.1: who passes an answer on adds the Date that it lacks.
  if (!reading.hasDate) answer += fieldLine("Date", httpDate(additions.now()));
  if (additions.hstsSeconds !== undefined && !reading.hasHsts) {
    answer += fieldLine("Strict-Transport-Security", `max-age=${additions.hstsSeconds}`);
  }
  if (additions.setCookie !== undefined) answer += fieldLine("Set-Cookie", additions.setCookie);
  return answer + viaLine(additions.httpVersion, additions.pseudonym) + requestIdLine(additions.requestId);
}

class Reading implements FieldJudge {
  connection: string | undefined;
  hasDate = false;
  hasHsts = false;

  passes(name: string, value: string): boolean {
    switch (lookup(name)) {
      case "connection":
        this.connection = this.connection === undefined ? value : `${this.connection},${value}`;
        return false;
      case "drop":
        return false;
      case "date":
        this.hasDate = true;
        return true;
      case "hsts":
        this.hasHsts = true;
        return true;
      case undefined:
        return true;
    }
  }
}
