// Which certificate a handshake gets. Contexts are made when a handshake needs them first: to make one takes about a
// millisecond, and a replica may have thousands of certificates whose hosts nobody asks for.

import { type SecureContext, createSecureContext } from "node:tls";

import type { CertificateEntry, CertificateIndex } from "../table/certificate-index.ts";
import type { ClientAuthority } from "../table/table-change.ts";
import { CIPHERS } from "./ciphers.ts";
import { type Identity, openIdentity } from "./open-identity.ts";
import type { SealKeys } from "./seal-keys.ts";
import { ticketKeyOf, ticketPeriodAt } from "./ticket-keys.ts";

export interface SecureContextsSettings {
  readonly certificates: CertificateIndex;
  /** By whom clients' certificates must be issued, now; undefined: they are asked for none. Default: so. */
  readonly clientAuthority?: () => ClientAuthority | undefined;
  readonly sealKeys: SealKeys;
  /** What the keys of session tickets are made of: whoever shares it takes the same tickets. */
  readonly ticketSecret: Buffer;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A certificate that control let through cannot be used after all. */
  readonly onUnusable: (name: string) => void;
}

/** The contexts of a listener. A changed certificate is another entry of the table, and so gets another context. */
export class SecureContexts {
  readonly #settings: SecureContextsSettings;
  /** By the first certificate of those that it is made of. */
  readonly #made = new WeakMap<CertificateEntry, Made>();
  #initial: Initial | undefined;

  constructor(settings: SecureContextsSettings) {
    this.#settings = settings;
  }

  /**
   * What a handshake begins with: it seals and opens session tickets, whichever certificate is chosen then. A client
   * that names no host gets its certificate: the default one, or none, with which the handshake fails.
   */
  get initial(): SecureContext {
    const { certificates, ticketSecret, now } = this.#settings;
    const authority = this.clientAuthority;
    const made = this.#madeOf(certificates.default(now()));
    const period = ticketPeriodAt(now());
    const before = this.#initial;
    if (before?.made === made && before?.period === period && before.authority === authority) {
      return before.context;
    }
    const identities = made === undefined ? [] : this.#identitiesOf(made.entries);
    const ticketKeys = ticketKeyOf(ticketSecret, { period, authority });
    const context = createContext({ identities, authority, ticketKeys });
    this.#initial = { made, period, authority, context };
    return context;
  }

  /** What handshakes that begin now ask clients for; undefined: nothing. */
  get clientAuthority(): ClientAuthority | undefined {
    return this.#settings.clientAuthority?.();
  }

  /** The context for the host that a client names; undefined when no certificate is for it, and there is no default. */
  forHost(servername: string): SecureContext | undefined {
    const { certificates, now } = this.#settings;
    return this.#madeOf(certificates.serving(servername.toLowerCase(), now()))?.context;
  }

  /** undefined: there are none, or they cannot be used. */
  #madeOf(entries: readonly CertificateEntry[]): Made | undefined {
    const [first] = entries;
    if (first === undefined) return undefined;
    let made = this.#made.get(first);
    const authority = this.clientAuthority;
    if (made === undefined || !isSame(made.entries, entries) || made.authority !== authority) {
      made = { entries, authority, context: this.#create(entries, authority) };
      this.#made.set(first, made);
    }
    return made.context && made;
  }

  #create(
    entries: readonly CertificateEntry[],
    authority: ClientAuthority | undefined,
  ): SecureContext | undefined {
    const identities = this.#identitiesOf(entries);
    try {
      if (identities.length > 0) return createContext({ identities, authority });
    } catch {
      // What OpenSSL says of it is no help to anybody, and must not be given a chance to show the key.
      for (const { name } of entries) this.#settings.onUnusable(name);
    }
    return undefined;
  }

  #identitiesOf(entries: readonly CertificateEntry[]): Identity[] {
    return entries.flatMap((entry) => {
      const identity = openIdentity(entry, this.#settings.sealKeys);
      if (identity === undefined) this.#settings.onUnusable(entry.name);
      return identity ?? [];
    });
  }
}

/** A context, and the certificates that it was made of. */
interface Made {
  readonly entries: readonly CertificateEntry[];
  readonly authority: ClientAuthority | undefined;
  /** undefined: they cannot be used. */
  readonly context: SecureContext | undefined;
}

/** What handshakes begin with at a time. */
interface Initial {
  readonly made: Made | undefined;
  readonly period: number;
  readonly authority: ClientAuthority | undefined;
  readonly context: SecureContext;
}

function isSame(some: readonly CertificateEntry[], others: readonly CertificateEntry[]): boolean {
  return (
    some === others || (some.length === others.length && some.every((entry, at) => entry === others[at]))
  );
}

/** With several identities the client's signature algorithms choose. */
function createContext(of: {
  readonly identities: readonly Identity[];
  readonly authority: ClientAuthority | undefined;
  readonly ticketKeys?: Buffer;
}): SecureContext {
  return createSecureContext({
    cert: of.identities.map(({ cert }) => cert),
    key: of.identities.map(({ key }) => key),
    ca: of.authority?.certificates,
    ciphers: CIPHERS,
    minVersion: "TLSv1.2",
    sessionIdContext: "wayleave",
    ticketKeys: of.ticketKeys,
  });
}
