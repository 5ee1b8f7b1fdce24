import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

import { parseAddress } from "@wayleave/records";
import type { Logger } from "pino";

const LOOK_UP_MS = 2_000;

/** What is the platform's own: etcd, by its endpoints' URLs, and where this router's admin listens. */
export interface Platform {
  readonly endpoints: readonly string[];
  readonly admin: { readonly host: string; readonly port: number };
  readonly logger: Logger;
}

/** Addresses with a port that are the platform's own. */
export class PlatformAddresses {
  // By port: nearly every instance has another one, and that costs no text.
  readonly #byPort = new Map<number, Set<string>>();

  /** `address` in canonical form. */
  has(address: string, port: number): boolean {
    return this.#byPort.get(port)?.has(address) ?? false;
  }

  add({ address, port }: PlatformAddress): void {
    const addresses = this.#byPort.get(port);
    if (addresses === undefined) this.#byPort.set(port, new Set([address]));
    else addresses.add(address);
  }
}

interface PlatformAddress {
  readonly address: string;
  readonly port: number;
}

/** Everything that no instance may be. Names are looked up once, within 2 s. */
export async function platformAddresses({
  endpoints,
  admin,
  logger,
}: Platform): Promise<readonly PlatformAddress[]> {
  const places = endpoints.map((endpoint) => {
    const url = new URL(endpoint);
    return { host: url.hostname, port: Number(url.port || (url.protocol === "https:" ? 443 : 80)) };
  });
  const found = await Promise.all(
    [...places, admin].map(async ({ host, port }) => {
      const addresses = await addressesOf(host);
      if (addresses.length === 0) logger.warn({ host }, "platform-address-unknown");
      return addresses.map((address) => ({ address, port }));
    }),
  );
  return found.flat();
}

async function addressesOf(host: string): Promise<readonly string[]> {
  const literal = parseAddress(host.replace(/^\[(.*)\]$/, "$1"));
  if (literal.ok) return isWildcard(literal.value) ? localAddresses() : [literal.value];
  const found = lookup(host, { all: true }).catch(() => []);
  const inTime = await Promise.race([found, sleep(LOOK_UP_MS, [], { ref: false })]);
  return inTime.flatMap(({ address }) => {
    const parsed = parseAddress(address);
    return parsed.ok ? [parsed.value] : [];
  });
}

/** The address under which others reach a listener; the one it is bound to unless that is all of them. */
export function reachableHost(host: string): string {
  const literal = parseAddress(host);
  if (!literal.ok || !isWildcard(literal.value)) return host;
  const outward = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return outward.find(({ internal, family }) => !internal && family === "IPv4")?.address ?? "127.0.0.1";
}

function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || address === "::";
}

function localAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all.flatMap(({ address }) => {
    const parsed = parseAddress(address);
    return parsed.ok ? [parsed.value] : [];
  });
}
