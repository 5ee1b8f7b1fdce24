// Which certificate a handshake gets. Contexts are made when a handshake needs them first: to make one takes about a
// millisecond, and a replica may have thousands of certificates whose hosts nobody asks for.

import { constants } from "node:crypto";
import { type SecureContext, createSecureContext } from "node:tls";

import type { CertificateEntry, CertificateIndex } from "../table/certificate-index.ts";
import type { ClientAuthority } from "../table/table-change.ts";
import { CIPHERS } from "./ciphers.ts";
import { type Identity, openIdentity } from "./open-identity.ts";
import { byAlgorithms } from "./by-algorithms.ts";
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
    const entries = certificates.default(now());
    const period = ticketPeriodAt(now());
    const before = this.#initial;
    if (before?.period === period && before.authority === authority && isSame(before.entries, entries)) {
      return before.context;
    }
    const usable = entries.filter((entry) => this.#contextOf(entry) !== undefined);
    const identities = usable.flatMap((entry) => openIdentity(entry, this.#settings.sealKeys) ?? []);
    const ticketKeys = ticketKeyOf(ticketSecret, { period, authority });
    const context = createContext({ identities, authority, ticketKeys });
    this.#initial = { entries, period, authority, context };
    return context;
  }

  /** What handshakes that begin now ask clients for; undefined: nothing. */
  get clientAuthority(): ClientAuthority | undefined {
    return this.#settings.clientAuthority?.();
  }

  /**
   * The context for the host that a client names; undefined when no certificate is for it, and there is no default.
   * `algorithms` gives the signature algorithms that both sides have, by OpenSSL's names; it is asked when these choose.
   */
  forHost(servername: string, algorithms: () => readonly string[]): SecureContext | undefined {
    const { certificates, now } = this.#settings;
    const entries = certificates.serving(servername.toLowerCase(), now());
    const [only] = entries;
    // Node takes one certificate of a context that is chosen by the host, so it cannot be left to OpenSSL.
    if (entries.length < 2) return only && this.#contextOf(only);
    for (const entry of byAlgorithms(entries, algorithms())) {
      const context = this.#contextOf(entry);
      if (context !== undefined) return context;
    }
    return undefined;
  }

  /** undefined: the certificate cannot be used. */
  #contextOf(entry: CertificateEntry): SecureContext | undefined {
    const authority = this.clientAuthority;
    let made = this.#made.get(entry);
    if (made === undefined || made.authority !== authority) {
      made = { authority, context: this.#create(entry, authority) };
      if (made.context === undefined) this.#settings.onUnusable(entry.name);
      this.#made.set(entry, made);
    }
    return made.context;
  }

  #create(entry: CertificateEntry, authority: ClientAuthority | undefined): SecureContext | undefined {
    const identity = openIdentity(entry, this.#settings.sealKeys);
    try {
      return identity && createContext({ identities: [identity], authority });
    } catch {
      // What OpenSSL says of it is no help to anybody, and must not be given a chance to show the key.
      return undefined;
    }
  }
}

/** The context of a certificate; undefined: it cannot be used. */
interface Made {
  readonly authority: ClientAuthority | undefined;
  readonly context: SecureContext | undefined;
}

/** What handshakes begin with at a time. */
interface Initial {
  /** The certificates of clients that name no host. */
  readonly entries: readonly CertificateEntry[];
  readonly period: number;
  readonly authority: ClientAuthority | undefined;
  readonly context: SecureContext;
}

function isSame(some: readonly CertificateEntry[], others: readonly CertificateEntry[]): boolean {
  return (
    some === others || (some.length === others.length && some.every((entry, at) => entry === others[at]))
  );
}

/** Of several identities OpenSSL takes the one that the client can check. */
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
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    sessionIdContext: "wayleave",
    ticketKeys: of.ticketKeys,
  });
}
