import { CommandError } from "../exit-codes.ts";

/** Parses the number of a port to listen on, 0 for any; throws a CommandError (invalid). */
export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new CommandError("invalid", `port ${JSON.stringify(text)} is not between 0 and 65535`);
}
