import type { Balance, PolicyRecord } from "@wayleave/records";

/** The two lines that say most of how a route's traffic is treated. */
export function policyLines({ balance, affinity, retries, timeouts }: PolicyRecord): string[] {
  const keeps = affinity === undefined || affinity.mode === "none" ? "" : `, ${affinity.mode}`;
  const attempts = retries?.attempts === undefined ? "" : `${retries.attempts} attempts`;
  const deadline = timeouts?.exchangeMs === undefined ? "" : `${timeouts.exchangeMs / 1_000} s in all`;
  const limits = [attempts, deadline].filter((part) => part !== "").join(", ");
  return [nameOf(balance) + keeps, limits === "" ? "limits by settings" : limits];
}

function nameOf(balance: Balance | undefined): string {
  if (balance === undefined) return "balance by settings";
  if (typeof balance === "string") return balance;
  const { hash } = balance;
  if (hash === "client-address") return "hash of the client";
  return "header" in hash ? `hash of ${hash.header}` : `hash of cookie ${hash.cookie}`;
}
