import type { TableCertificate } from "./table-change.ts";

/** One certificate in a table. A new record is a new entry: what is kept of an entry, is kept of that record only. */
export interface CertificateEntry {
  readonly name: string;
  readonly certificate: TableCertificate;
}

const NONE: readonly CertificateEntry[] = [];

/** The certificates of a table, by name and by the hosts that they serve. */
export class CertificateIndex {
  readonly #byName = new Map<string, CertificateEntry>();
  /** By host as it stands in certificates: `example.com`, `*.example.com`; the best one first. */
  readonly #byHost = new Map<string, CertificateEntry[]>();
  #defaults: CertificateEntry[] = [];

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): CertificateEntry | undefined {
    return this.#byName.get(name);
  }

  entries(): IterableIterator<CertificateEntry> {
    return this.#byName.values();
  }

  /** Puts a certificate in the place of the one of this name; null: it is gone. */
  set(name: string, certificate: TableCertificate | null): void {
    const before = this.#byName.get(name);
    if (before !== undefined) this.#remove(before);
    if (certificate === null) return;
    const entry = { name, certificate };
    this.#byName.set(name, entry);
    for (const host of certificate.names) this.#byHost.set(host, withEntry(this.#byHost.get(host), entry));
    if (certificate.isDefault) this.#defaults = withEntry(this.#defaults, entry);
  }

  /**
   * The certificates for a host, lower case: for exactly it, else for `*.` and all but its first label (RFC 6125
   * section 6.4.3). One of each type of key, for the client to choose; of several, one that is valid at `now`, epoch
   * milliseconds; of those the one issued last. The best one is the first; none: no certificate is for it.
   */
  find(host: string, now: number): readonly CertificateEntry[] {
    const exact = this.#byHost.get(host);
    if (exact !== undefined) return best(exact, now);
    const dot = host.indexOf(".");
    return dot <= 0 ? NONE : best(this.#byHost.get(`*${host.slice(dot)}`) ?? NONE, now);
  }

  /** Those for clients that name no host, or one that none is for. */
  default(now: number): readonly CertificateEntry[] {
    return best(this.#defaults, now);
  }

  /** Those that a client gets which names this host. */
  serving(host: string, now: number): readonly CertificateEntry[] {
    const found = this.find(host, now);
    return found.length > 0 ? found : this.default(now);
  }

  #remove(entry: CertificateEntry): void {
    this.#byName.delete(entry.name);
    for (const host of entry.certificate.names) {
      const left = this.#byHost.get(host)?.filter((each) => each !== entry) ?? [];
      if (left.length === 0) this.#byHost.delete(host);
      else this.#byHost.set(host, left);
    }
    this.#defaults = this.#defaults.filter((each) => each !== entry);
  }
}

/** Every replica comes to the same order, in whatever order records came. */
function withEntry(entries: readonly CertificateEntry[] = [], entry: CertificateEntry): CertificateEntry[] {
  return [...entries, entry].toSorted(
    (a, b) => b.certificate.notBefore - a.certificate.notBefore || (a.name < b.name ? -1 : 1),
  );
}

/** A list of one is given as it is: most are, and who keeps something of it knows it again. */
function best(entries: readonly CertificateEntry[], now: number): readonly CertificateEntry[] {
  if (entries.length < 2) return entries;
  const isValid = ({ certificate }: CertificateEntry): boolean =>
    certificate.notBefore <= now && now < certificate.notAfter;
  const order = [...entries.filter(isValid), ...entries.filter((entry) => !isValid(entry))];
  const [first] = order;
  const types = new Set<string>();
  return order.filter((entry) => {
    const { keyType } = entry.certificate;
    // Beside a valid one, an expired one of another type would only be what some clients fail with.
    if (types.has(keyType) || (first !== undefined && isValid(entry) !== isValid(first))) return false;
    types.add(keyType);
    return true;
  });
}
