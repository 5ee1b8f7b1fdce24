// Small records for tests.

import type { Route } from "@wayleave/records";

import type { Ask } from "./ask.ts";
import { InstanceEntry } from "./instance-entry.ts";
import { resolvePolicy } from "./policy.ts";
import type { PickOptions } from "./pick.ts";
import type {
  InstanceChange,
  RouteChange,
  TableCertificate,
  TableChange,
  TableInstance,
} from "./table-change.ts";

/** The fields of an instance that a test cares for. */
export type InstanceFields = Partial<TableInstance>;

let addresses = 0;

/** An address that no other sample has. */
export function freshAddress(): string {
  const n = ++addresses;
  return `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
}

export function sampleInstance(fields: InstanceFields = {}): TableInstance {
  return {
    address: freshAddress(),
    port: 80,
    protocol: "http",
    state: "ready",
    since: 0,
    isSuspect: false,
    ...fields,
  };
}

export function sampleEntry(id: string, fields: InstanceFields = {}, app = "shop"): InstanceEntry {
  return new InstanceEntry(
    { name: app, ejected: () => undefined, returned: () => undefined },
    id,
    sampleInstance(fields),
  );
}

export function sampleEntries(count: number, fields: InstanceFields = {}): InstanceEntry[] {
  return Array.from({ length: count }, (_, at) => sampleEntry(`i${at}`, fields));
}

export function putInstance(app: string, id: string, fields: InstanceFields = {}): InstanceChange {
  return { app, id, instance: sampleInstance(fields) };
}

/** Puts a route at `host/path`. */
export function putRoute(place: string, to: Route["to"], more: Partial<Route> = {}): RouteChange {
  const slash = place.indexOf("/");
  return { host: place.slice(0, slash), path: place.slice(slash), route: { ...more, to } };
}

/** A certificate without a chain or a key worth the name. */
export function sampleCertificate(fields: Partial<TableCertificate> = {}): TableCertificate {
  return {
    record: { chain: "chain", key: { keyId: "00000000", sealed: "" } },
    names: [],
    isDefault: false,
    issuer: "authority",
    notBefore: 0,
    notAfter: 1e15,
    fingerprint: "00",
    keyType: "ec",
    ...fields,
  };
}

/** A change of the next revision. */
export function sampleChange(revision: number, parts: Partial<TableChange> = {}): TableChange {
  return { revision, routes: [], instances: [], ...parts };
}

/** A question with nothing special about it. */
export function sampleAsk(parts: Partial<Ask> = {}): Ask {
  return {
    now: 1_000_000,
    random: randomFrom(1),
    tried: undefined,
    maxActive: Number.POSITIVE_INFINITY,
    slowStartMs: undefined,
    hashKey: undefined,
    usesEjected: false,
    isRehearsal: false,
    destination: undefined,
    metSaturated: false,
    ...parts,
  };
}

export function sampleOptions(parts: Partial<PickOptions> = {}): PickOptions {
  return { policy: resolvePolicy({}, {}), now: 1_000_000, random: randomFrom(1), ...parts };
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How often each name stands in a list. */
export function tally(names: Iterable<string | undefined>): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
