import { BlockList, isIP } from "node:net";

import type { Client } from "./exchange.ts";

/** Tells whether a client is a proxy whose word about its own client counts. */
export type IsTrusted = (client: Client) => boolean;

/**
 * Makes the test from addresses and CIDRs (`10.0.0.0/8`, `::1`). Throws a RangeError for anything else.
 * The answer is kept for as long as the connection's `Client` lives.
 */
export function trustPeers(cidrs: readonly string[]): IsTrusted {
  if (cidrs.length === 0) return () => false;
  const blocks = new BlockList();
  for (const cidr of cidrs) addBlock(blocks, cidr);
  const known = new WeakMap<Client, boolean>();
  return (client) => {
    let isTrusted = known.get(client);
    if (isTrusted === undefined) {
      isTrusted = blocks.check(client.address, client.address.includes(":") ? "ipv6" : "ipv4");
      known.set(client, isTrusted);
    }
    return isTrusted;
  };
}

/** An address as it is shown: an IPv4 client of a dual-stack listener (`::ffff:10.0.0.1`) is an IPv4 client. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/**
 * The client's address as a trusted proxy tells it in X-Forwarded-For: the last one, which the proxy has
 * seen itself; what stands before it is hearsay. Undefined when it tells none.
 */
export function forwardedClient(forwardedFor: string | undefined): string | undefined {
  const last = forwardedFor?.slice(forwardedFor.lastIndexOf(",") + 1).trim();
  return last === "" ? undefined : last;
}

function addBlock(blocks: BlockList, cidr: string): void {
  const [address = "", bits, ...rest] = cidr.split("/");
  const family = isIP(address);
  const max = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? max : Number(bits);
  const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && prefix <= max);
  if (family === 0 || !isPrefix || rest.length > 0) {
    throw new RangeError(`${JSON.stringify(cidr)} is neither an IP address nor a CIDR`);
  }
  blocks.addSubnet(address, prefix, family === 6 ? "ipv6" : "ipv4");
}
