import type { Named } from "./roll-up.ts";

/** A certificate is told of so long before it expires, in milliseconds: 14 days, as the alert rule has it. */
export const EXPIRES_SOON_MS = 14 * 86_400_000;

/** A certificate's name, and the end of it in epoch milliseconds. */
export interface Expiring {
  readonly name: string;
  readonly notAfter: number;
}

/** The certificates that have expired at `now`, epoch milliseconds, and those that will soon; what ends first is named first. */
export function certificateExpiry(
  certificates: Iterable<Expiring>,
  now: number,
): { readonly certificatesExpired: Named; readonly certificatesExpiring: Named } {
  const ending: Expiring[] = [];
  for (const each of certificates) if (each.notAfter <= now + EXPIRES_SOON_MS) ending.push(each);
  ending.sort((a, b) => a.notAfter - b.notAfter);
  const named = (found: readonly Expiring[]): Named => ({
    count: found.length,
    names: found.map(({ name }) => name),
  });
  return {
    certificatesExpired: named(ending.filter(({ notAfter }) => notAfter <= now)),
    certificatesExpiring: named(ending.filter(({ notAfter }) => notAfter > now)),
  };
}
