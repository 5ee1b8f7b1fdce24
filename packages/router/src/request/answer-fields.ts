// Request path 6 of 7: read -> match -> pick -> connect -> forward -> RELAY -> log.

import { createFieldLookup } from "./field-lookup.ts";
import { namedByConnection, withoutFields } from "./hop-by-hop.ts";
import { httpDate } from "./http-date.ts";

/** What the router adds to an answer. */
export interface AnswerAdditions {
  readonly requestId: string;
  readonly pseudonym: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A whole Set-Cookie value: the affinity cookie. */
  readonly setCookie: string | undefined;
  /** For how long browsers are told to come only over TLS, unless the app says so itself; undefined: not at all. */
  readonly hstsSeconds?: number | undefined;
}

const lookup = createFieldLookup({
  connection: "connection",
  date: "date",
  "strict-transport-security": "hsts",
  "keep-alive": "drop",
  "proxy-connection": "drop",
  "proxy-authenticate": "drop",
  te: "drop",
  "transfer-encoding": "drop",
  upgrade: "drop",
  // Ours to say: who sees it must be able to trust that the router failed, not the app.
  "x-wayleave-error": "drop",
  "x-request-id": "drop",
});

/** The fields of an instance's answer for the client, flat: hop-by-hop ones dropped, ours added. */
export function answerFields(rawHeaders: readonly string[], additions: AnswerAdditions): string[] {
  let fields: string[] = [];
  let connection: string | undefined;
  let hasDate = false;
  let hasHsts = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    const kind = lookup(name);
    if (kind === "connection") connection = connection === undefined ? value : `${connection},${value}`;
    else if (kind !== "drop") fields.push(name, value);
    if (kind === "date") hasDate = true;
    else if (kind === "hsts") hasHsts = true;
  }
  fields = withoutFields(fields, namedByConnection(connection));
  // RFC 9110 section 6.6.1: who passes an answer on adds the Date that it lacks.
  if (!hasDate) fields.push("Date", httpDate(additions.now()));
  if (additions.hstsSeconds !== undefined && !hasHsts) {
    fields.push("Strict-Transport-Security", `max-age=${additions.hstsSeconds}`);
  }
  if (additions.setCookie !== undefined) fields.push("Set-Cookie", additions.setCookie);
  fields.push("Via", `1.1 ${additions.pseudonym}`, "X-Request-Id", additions.requestId);
  return fields;
}
