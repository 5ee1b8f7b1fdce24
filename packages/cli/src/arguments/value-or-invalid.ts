import type { Parsed } from "@wayleave/records";

import { CommandError } from "../exit-codes.ts";

/** The parsed value; or a CommandError (invalid, exit code 6) with the reason, `what` before it. */
export function valueOrInvalid<T>(parsed: Parsed<T>, what?: string): T {
  if (parsed.ok) return parsed.value;
  throw new CommandError("invalid", what === undefined ? parsed.reason : `${what}: ${parsed.reason}`);
}
