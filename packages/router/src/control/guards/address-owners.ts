// One address has one owner. An address is used again after a crash while the last tenant's lease
// still runs: the newer record has it, so that nobody gets the requests of another app.

import { formatAddress } from "@wayleave/records";

import { v4Number } from "./v4-number.ts";

/** That a record says an address is its instance's. */
export interface Claim {
  readonly key: string;
  readonly place: AddressKey;
  readonly createRevision: number;
  readonly modRevision: number;
}

/**
 * Whether claim `a` beats claim `b` on one address: the newer key does. Keys of one revision are
 * ordered by name: every router must come to the same owner.
 */
export function outranks(a: Claim, b: Claim): boolean {
  if (a.createRevision !== b.createRevision) return a.createRevision > b.createRevision;
  if (a.modRevision !== b.modRevision) return a.modRevision > b.modRevision;
  return a.key > b.key;
}

const NONE: readonly never[] = [];

/** An address and a port: an IPv4 one as a number, which takes less than half the memory of a text; else the text. */
export type AddressKey = string | number;

/** The key of a canonical address and its port. */
export function addressKey(address: string, port: number): AddressKey {
  const number = v4Number(address);
  return number === undefined ? formatAddress(address, port) : number * 65_536 + port;
}

/** Every claim by its address. Adding, removing and asking cost the same at any size. */
export class AddressOwners<C extends Claim> {
  // Nearly every address has one claim: an array for each would cost 40 MB at 1,000,000 instances.
  readonly #single = new Map<AddressKey, C>();
  readonly #contested = new Map<AddressKey, readonly C[]>();

  /** The claims on an address, in no order. */
  at(place: AddressKey): readonly C[] {
    const single = this.#single.get(place);
    return single === undefined ? (this.#contested.get(place) ?? NONE) : [single];
  }

  /** The claim that has the address. */
  owner(place: AddressKey): C | undefined {
    const single = this.#single.get(place);
    if (single !== undefined) return single;
    return this.#contested.get(place)?.reduce((best, claim) => (outranks(claim, best) ? claim : best));
  }

  /** Adds a claim, in the place of the one that its key had on this address. */
  add(claim: C): void {
    const { place } = claim;
    const single = this.#single.get(place);
    const isFirst = single === undefined && !this.#contested.has(place);
    if (isFirst || single?.key === claim.key) this.#single.set(place, claim);
    else this.#set(place, [...this.at(place).filter(({ key }) => key !== claim.key), claim]);
  }

  remove({ place, key: removed }: C): void {
    this.#set(
      place,
      this.at(place).filter(({ key }) => key !== removed),
    );
  }

  /** The addresses with more than one claim, with their claims. */
  contested(): Iterable<readonly [place: AddressKey, claims: readonly C[]]> {
    return this.#contested;
  }

  #set(place: AddressKey, claims: readonly C[]): void {
    const [first] = claims;
    if (claims.length > 1) {
      this.#single.delete(place);
      this.#contested.set(place, claims);
    } else {
      this.#contested.delete(place);
      if (first === undefined) this.#single.delete(place);
      else this.#single.set(place, first);
    }
  }
}
