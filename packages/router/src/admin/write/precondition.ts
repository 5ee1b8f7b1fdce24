import { Refusal } from "../problem.ts";

/** What a write is based on: a record as it was at a revision, or none (0). */
export type Precondition = number | undefined;

/** Reads If-Match and If-None-Match; undefined: neither is there. Throws a Refusal for what makes no sense. */
export function readPrecondition(headers: NodeJS.Dict<string | string[]>): Precondition {
  const match = headers["if-match"];
  const noneMatch = headers["if-none-match"];
  if (match !== undefined && noneMatch !== undefined) throw bad("If-Match and If-None-Match are both there");
  if (noneMatch !== undefined) {
    if (noneMatch !== "*") throw bad("If-None-Match must be *: the record is new");
    return 0;
  }
  if (match === undefined) return undefined;
  const digits = typeof match === "string" ? /^"([1-9]\d{0,15})"$/.exec(match)?.[1] : undefined;
  if (digits === undefined) throw bad('If-Match must be the record\'s revision in quotes, as "42"');
  return Number(digits);
}

/** A write without a precondition could undo what somebody else did since it was thought of. */
export function preconditionMissing(beforeRevision: number): Refusal {
  const needed = beforeRevision === 0 ? "If-None-Match: *" : `If-Match: "${beforeRevision}"`;
  const detail = `a write says what it is based on; now that would be ${needed}`;
  return new Refusal({ status: 428, code: "precondition-missing", detail });
}

function bad(detail: string): Refusal {
  return new Refusal({ status: 400, code: "bad-precondition", detail });
}
