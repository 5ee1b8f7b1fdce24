// Which certificate a handshake gets. Contexts are made when a handshake needs them first: to make one takes about a
// millisecond, and a replica may have thousands of certificates whose hosts nobody asks for.

import { constants } from "node:crypto";
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

/** One certificate may be the first of several hosts, with others beside it for some of them. */
const MAX_BESIDES = 7;

/** The contexts of a listener. A changed certificate is another entry of the table, and so gets another context. */
export class SecureContexts {
  readonly #settings: SecureContextsSettings;
  readonly #made = new WeakMap<CertificateEntry, readonly Made[]>();
  #bare: SecureContext | undefined;

  constructor(settings: SecureContextsSettings) {
    this.#settings = settings;
  }

  /**
   * What a handshake begins with whose client names no host: it gets the default certificate, or none, with which the
   * handshake fails.
   */
  get unnamed(): SecureContext {
    return this.forHost("") ?? this.#without();
  }

  /** What handshakes that begin now ask clients for; undefined: nothing. */
  get clientAuthority(): ClientAuthority | undefined {
    return this.#settings.clientAuthority?.();
  }

  /** The context for the host that a client names, or "" for none; undefined: no certificate is for it. */
  forHost(servername: string): SecureContext | undefined {
    const { certificates, now } = this.#settings;
    const time = now();
    const entries =
      servername === "" ? certificates.default(time) : certificates.serving(servername.toLowerCase(), time);
    const [first] = entries;
    if (first === undefined) return undefined;
    const period = ticketPeriodAt(time);
    const authority = this.clientAuthority;
    const before = this.#made.get(first) ?? [];
    for (const made of before) {
      if (made.period === period && made.authority === authority && isSame(made.entries, entries))
        return made.context;
    }
    const context = this.#create(entries, period);
    this.#made.set(first, [{ entries, period, authority, context }, ...before.slice(0, MAX_BESIDES)]);
    return context;
  }

  /** Without a certificate: who speaks TLS with it hears that there is none. */
  #without(): SecureContext {
    this.#bare ??= createContext({ identities: [], authority: undefined });
    return this.#bare;
  }

  /** Of several certificates OpenSSL takes the one that the client can check. undefined: none can be used. */
  #create(entries: readonly CertificateEntry[], period: number): SecureContext | undefined {
    const { sealKeys, ticketSecret, onUnusable } = this.#settings;
    const authority = this.clientAuthority;
    const identities = entries.flatMap((entry) => openIdentity(entry, sealKeys) ?? []);
    try {
      if (identities.length === entries.length) {
        const ticketKeys = ticketKeyOf(ticketSecret, { period, authority });
        return createContext({ identities, authority, ticketKeys });
      }
    } catch {
      // What OpenSSL says of it is no help to anybody, and must not be given a chance to show the key.
    }
    const [first] = entries;
    if (first !== undefined && entries.length === 1) onUnusable(first.name);
    if (entries.length < 2) return undefined;
    const usable = entries.filter((entry) => this.#create([entry], period) !== undefined);
    return usable.length < entries.length ? this.#create(usable, period) : undefined;
  }
}

/** The context of a host's certificates; it is kept as long as the first of them. */
interface Made {
  readonly entries: readonly CertificateEntry[];
  /** Of its ticket keys. */
  readonly period: number;
  readonly authority: ClientAuthority | undefined;
  /** undefined: none of them can be used. */
  readonly context: SecureContext | undefined;
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
    // Under TLS 1.2 the suite chooses between keys, and a client that can check ECDSA is to get that, by our order. Clients
    // without AES in hardware still get theirs.
    honorCipherOrder: of.identities.length > 1,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_PRIORITIZE_CHACHA,
    sessionIdContext: "wayleave",
    ticketKeys: of.ticketKeys,
  });
}
