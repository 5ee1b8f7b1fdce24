// Request path 3 of 7: read -> match -> PICK -> connect -> forward -> relay -> log.

import type { Policy } from "../table/policy.ts";
import { cookieValues } from "./affinity-cookie.ts";
import type { Client, RequestHead } from "./exchange.ts";
import { forwardedClient, plainAddress } from "./trusted-peers.ts";

/** What a request is hashed by under its route's policy; undefined when the request does not have it. */
export function hashKeyOf(
  policy: Policy,
  head: RequestHead,
  request: {
    readonly client: Client;
    readonly said: { readonly for?: string };
    readonly cookie: string | undefined;
  },
): string | undefined {
  const { balance } = policy;
  if (typeof balance === "string") return undefined;
  const { hash } = balance;
  if (hash === "client-address")
    return forwardedClient(request.said.for) ?? plainAddress(request.client.address);
  if ("cookie" in hash) return cookieValues(request.cookie, hash.cookie)[0];
  return fieldValue(head.rawHeaders, hash.header.toLowerCase());
}

/** The first value of a header field; `name` in lower case. */
export function fieldValue(rawHeaders: readonly string[], name: string): string | undefined {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) return rawHeaders[index + 1];
  }
  return undefined;
}
