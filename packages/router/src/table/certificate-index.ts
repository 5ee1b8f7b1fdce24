import type { TableCertificate } from "./table-change.ts";

/** One certificate in a table. A new record is a new entry: what is kept of an entry, is kept of that record only. */
export interface CertificateEntry {
  readonly name: string;
  readonly certificate: TableCertificate;
}

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
   * The certificate for a host, lower case: one for exactly it, else one for `*.` and all but its first label (RFC
   * 6125 section 6.4.3). Of several, one that is valid at `now`, epoch milliseconds; of those the one issued last.
   */
  find(host: string, now: number): CertificateEntry | undefined {
    const exact = this.#byHost.get(host);
    if (exact !== undefined) return best(exact, now);
    const dot = host.indexOf(".");
    if (dot <= 0) return undefined;
    const wildcard = this.#byHost.get(`*${host.slice(dot)}`);
    return wildcard === undefined ? undefined : best(wildcard, now);
  }

  /** The certificate for clients that name no host, or one that none is for. */
  default(now: number): CertificateEntry | undefined {
    return best(this.#defaults, now);
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

function best(entries: readonly CertificateEntry[], now: number): CertificateEntry | undefined {
  if (entries.length < 2) return entries[0];
  return (
    entries.find(({ certificate }) => certificate.notBefore <= now && now < certificate.notAfter) ??
    entries[0]
  );
}
