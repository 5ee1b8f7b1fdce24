// One address has one owner. An address is used again after a crash while the last tenant's lease
// still runs: the newer record has it, so that nobody gets the requests of another app.

/** That a record says an address is its instance's. */
export interface Claim {
  readonly key: string;
  /** `address:port` in canonical form. */
  readonly authority: string;
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

/** Every claim by its address. Adding, removing and asking cost the same at any size. */
export class AddressOwners<C extends Claim> {
  // Nearly every address has one claim: an array for each would cost 40 MB at 1,000,000 instances.
  readonly #single = new Map<string | number, C>();
  readonly #contested = new Map<string, readonly C[]>();

  /** The claims on an address, in no order. */
  at(authority: string): readonly C[] {
    const single = this.#single.get(keyOf(authority));
    return single === undefined ? (this.#contested.get(authority) ?? NONE) : [single];
  }

  /** The claim that has the address. */
  owner(authority: string): C | undefined {
    const single = this.#single.get(keyOf(authority));
    if (single !== undefined) return single;
    return this.#contested.get(authority)?.reduce((best, claim) => (outranks(claim, best) ? claim : best));
  }

  /** Adds a claim, in the place of the one that its key had on this address. */
  add(claim: C): void {
    const { authority } = claim;
    const place = keyOf(authority);
    const single = this.#single.get(place);
    const isFirst = single === undefined && !this.#contested.has(authority);
    if (isFirst || single?.key === claim.key) this.#single.set(place, claim);
    else this.#set(authority, [...this.at(authority).filter(({ key }) => key !== claim.key), claim]);
  }

  remove(claim: C): void {
    this.#set(
      claim.authority,
      this.at(claim.authority).filter(({ key }) => key !== claim.key),
    );
  }

  /** The addresses with more than one claim, with their claims. */
  contested(): Iterable<readonly [authority: string, claims: readonly C[]]> {
    return this.#contested;
  }

  #set(authority: string, claims: readonly C[]): void {
    const [first] = claims;
    if (claims.length > 1) {
      this.#single.delete(keyOf(authority));
      this.#contested.set(authority, claims);
    } else {
      this.#contested.delete(authority);
      if (first === undefined) this.#single.delete(keyOf(authority));
      else this.#single.set(keyOf(authority), first);
    }
  }
}

/** An IPv4 address and its port as one number, which takes less than half the memory of its text; else the text. */
function keyOf(authority: string): string | number {
  let key = 0;
  let part = 0;
  for (let at = 0; at < authority.length; at += 1) {
    const code = authority.charCodeAt(at);
    if (code >= ZERO && code <= NINE) part = part * 10 + code - ZERO;
    else if (code === DOT || code === COLON) {
      key = key * 256 + part;
      part = 0;
    } else return authority;
  }
  return key * 65_536 + part;
}

const ZERO = 48;
const NINE = 57;
const DOT = 46;
const COLON = 58;
