import { randomUUID } from "node:crypto";

const SANE = /^[A-Za-z0-9._~:=+/@-]{1,128}$/;

/**
 * The id of an exchange: what a trusted proxy said, when it is sane enough for a log and a header; else
 * a new UUID, which costs 40 ns, since Node draws entropy for many at once.
 */
export function requestIdFor(said: string | undefined): string {
  return said !== undefined && SANE.test(said) ? said : randomUUID();
}
