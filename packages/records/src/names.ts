// Names that stand in keys: apps, instance ids, replica ids, versions, zones.

import * as z from "zod";

import { type Parsed, invalid, valid } from "./parsed.ts";

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/;
const NAME_RULE = "1 to 128 letters, digits, '.', '_' or '-', with a letter or digit at both ends";

/** A name as it stands in keys: no slash, no space, 128 characters at most. */
export const nameSchema = z.string().regex(NAME, NAME_RULE);

/** Parses the name of an app, an instance or a replica; `what` is named in the reason. */
export function parseName(what: string, text: string): Parsed<string> {
  return NAME.test(text)
    ? valid(text)
    : invalid(`${what} ${JSON.stringify(text)} is not a name: ${NAME_RULE}`);
}
