import type { Affinity, Balance } from "@wayleave/records";

import { CommandError } from "../exit-codes.ts";

const BALANCE_FORMS =
  "round-robin, least-connections, power-of-two, hash:header=NAME, hash:cookie=NAME or hash:client-address";
const AFFINITY_FORMS = "none, router-cookie or app-cookie:NAME[,NAME]";

/** Parses `--balance` into the form that records have; throws a CommandError (invalid). */
export function parseBalance(text: string): Balance {
  if (text === "round-robin" || text === "least-connections" || text === "power-of-two") return text;
  if (text === "hash:client-address") return { hash: "client-address" };
  const match = /^hash:(header|cookie)=(.+)$/.exec(text);
  const name = match?.[2];
  if (name === undefined)
    throw new CommandError("invalid", `balance ${JSON.stringify(text)} is none of ${BALANCE_FORMS}`);
  return { hash: match?.[1] === "header" ? { header: name } : { cookie: name } };
}

/** Parses `--affinity` into the form that records have; throws a CommandError (invalid). */
export function parseAffinity(text: string): Affinity {
  if (text === "none" || text === "router-cookie") return { mode: text };
  const cookies = /^app-cookie:(.+)$/.exec(text)?.[1];
  if (cookies === undefined)
    throw new CommandError("invalid", `affinity ${JSON.stringify(text)} is none of ${AFFINITY_FORMS}`);
  return { mode: "app-cookie", cookies: cookies.split(",") };
}

/** A balance as `--balance` takes it. */
export function formatBalance(balance: Balance): string {
  if (typeof balance === "string") return balance;
  if (balance.hash === "client-address") return "hash:client-address";
  return "header" in balance.hash
    ? `hash:header=${balance.hash.header}`
    : `hash:cookie=${balance.hash.cookie}`;
}

/** An affinity as `--affinity` takes it. */
export function formatAffinity(affinity: Affinity): string {
  return affinity.mode === "app-cookie" ? `app-cookie:${affinity.cookies.join(",")}` : affinity.mode;
}
