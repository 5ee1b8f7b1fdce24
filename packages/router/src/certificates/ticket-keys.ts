// Session tickets spare a client that comes again most of a handshake. The key that seals them comes from a secret that
// all workers, and all replicas with the same seal key, have: so whoever gave a ticket, any of them takes it. It changes
// with the clock, so that nothing has to be written, read or agreed upon for it.

import { hash, hkdfSync } from "node:crypto";

import type { ClientAuthority } from "../table/table-change.ts";

/** As many bytes as Node wants: a name, a key for the HMAC and one for AES. */
const TICKET_KEY_BYTES = 48;
/** A ticket is good until its period is over: at most so long. */
const PERIOD_MS = 12 * 3_600_000;

/** The period of a time, epoch milliseconds: each has a key of its own. */
export function ticketPeriodAt(now: number): number {
  return Math.floor(now / PERIOD_MS);
}

/**
 * The ticket key of a period. A ticket holds whom its client was found to be: where other authorities are asked for, it
 * is good no more.
 */
export function ticketKeyOf(
  secret: Buffer,
  { period, authority }: { readonly period: number; readonly authority: ClientAuthority | undefined },
): Buffer {
  const { certificates = "", isRequired = false } = authority ?? {};
  const salt = hash("sha256", `${isRequired} ${certificates}`, "buffer");
  return Buffer.from(
    hkdfSync("sha256", secret, salt, `wayleave session tickets ${period}`, TICKET_KEY_BYTES),
  );
}
