// Which addresses an instance may have. A record must not talk a router into calling what only the
// router can reach: a cloud's metadata service, etcd, the router's own admin listener.

import { BlockList, isIPv4 } from "node:net";

import { formatAddress } from "@wayleave/records";

import type { PlatformAddresses } from "../platform-addresses.ts";
import { v4Number } from "./v4-number.ts";

/** Refused unless a range inside of them is listed by name. */
const DENIED: readonly Cidr[] = [
  "0.0.0.0/8", // "this network" (RFC 1122 section 3.2.1.3): the kernel takes 0.0.0.0 for itself
  "::/128",
  "169.254.0.0/16", // link-local (RFC 3927), where the metadata services of most clouds are
  "fe80::/10",
  "64:ff9b::a9fe:0/112", // the same behind NAT64 (RFC 6052)
  "224.0.0.0/4", // multicast
  "ff00::/8",
  "255.255.255.255/32",
  // Metadata services at addresses that look like any other.
  "fd00:ec2::254/128", // Amazon
  "fd20:ce::254/128", // Google
  "168.63.129.16/32", // Azure
  "100.100.100.200/32", // Alibaba
  "192.0.0.192/32", // Oracle
].map(parseCidr);

export interface AllowedAddressSettings {
  /** `10.0.0.0/8`, `fd00::/8`, ... or single addresses. Empty: every range that is not refused. */
  readonly cidrs: readonly string[];
  /** What no instance may be: etcd's endpoints, the router's admin listener. Read anew each time. */
  readonly forbidden: Pick<PlatformAddresses, "has">;
}

/** Gives the reason why an address and port may not be an instance's; undefined when they may. */
export type AddressCheck = (address: string, port: number) => string | undefined;

/**
 * Builds the check. A listed range does not open a refused one that it merely covers: `0.0.0.0/0`
 * means "everywhere usual", while `169.254.10.0/24` means what it says. Throws a RangeError for a
 * range that is none.
 */
export function allowedAddresses(settings: AllowedAddressSettings): AddressCheck {
  const listed = settings.cidrs.map(parseCidr);
  const openers = listed.filter((range) => DENIED.some((denied) => covers(denied, range)));
  const opened = new AddressRanges(openers);
  const denied = new AddressRanges(DENIED);
  const usual = new AddressRanges(listed);
  const { forbidden } = settings;
  return (address, port) => {
    if (forbidden.has(address, port)) {
      return `${formatAddress(address, port)} is an address of the platform itself`;
    }
    if (openers.length > 0 && opened.has(address)) return undefined;
    if (denied.has(address)) return `${address} is in a range that no instance may be in`;
    if (listed.length > 0 && !usual.has(address)) return `${address} is in no allowed range`;
    return undefined;
  };
}

interface Cidr {
  readonly address: string;
  readonly bits: number;
}

function parseCidr(text: string): Cidr {
  const [address = "", bits, ...rest] = text.split("/");
  const list = new BlockList();
  const width = isIPv4(address) ? 32 : 128;
  try {
    if (rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits)))
      throw new RangeError("not a CIDR");
    const range = { address, bits: bits === undefined ? width : Number(bits) };
    list.addSubnet(range.address, range.bits, isIPv4(address) ? "ipv4" : "ipv6");
    return range;
  } catch (error) {
    throw new RangeError(`${JSON.stringify(text)} is not a range of addresses such as 10.0.0.0/8`, {
      cause: error,
    });
  }
}

function covers(outer: Cidr, inner: Cidr): boolean {
  return inner.bits >= outer.bits && new AddressRanges([outer]).has(inner.address);
}

/**
 * A list of ranges. Node's BlockList takes a microsecond to look at an address, which at a start with 100,000 instances is a
 * tenth of a second: so it has IPv6 only, and IPv4 is compared as numbers.
 */
class AddressRanges {
  readonly #v4: readonly { readonly first: number; readonly last: number }[];
  readonly #v6 = new BlockList();

  constructor(ranges: readonly Cidr[]) {
    this.#v4 = ranges.filter(({ address }) => isIPv4(address)).map(firstAndLast);
    for (const { address, bits } of ranges) if (!isIPv4(address)) this.#v6.addSubnet(address, bits, "ipv6");
  }

  has(address: string): boolean {
    const number = v4Number(address);
    if (number === undefined) return this.#v6.check(address, "ipv6");
    for (const { first, last } of this.#v4) if (number >= first && number <= last) return true;
    return false;
  }
}

function firstAndLast({ address, bits }: Cidr): { first: number; last: number } {
  const size = 2 ** (32 - bits);
  const first = Math.floor((v4Number(address) ?? 0) / size) * size;
  return { first, last: first + size - 1 };
}
