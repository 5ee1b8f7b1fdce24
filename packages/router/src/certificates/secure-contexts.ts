// Which certificate a handshake gets. Contexts are made when a handshake needs them first: to make one takes about a
// millisecond, and a replica may have thousands of certificates whose hosts nobody asks for.

import { type SecureContext, createSecureContext } from "node:tls";

import type { CertificateEntry, CertificateIndex } from "../table/certificate-index.ts";
import type { SealKeys } from "./seal-keys.ts";
import { ticketKeyOf, ticketPeriodAt } from "./ticket-keys.ts";

/** Suites with forward secrecy and authenticated encryption; those of TLS 1.3 are first, by OpenSSL's names. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

export interface SecureContextsSettings {
  readonly certificates: CertificateIndex;
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
  readonly #contexts = new WeakMap<CertificateEntry, SecureContext | null>();
  #initial: Initial | undefined;

  constructor(settings: SecureContextsSettings) {
    this.#settings = settings;
  }

  /**
   * What a handshake begins with: it seals and opens session tickets, whichever certificate is chosen then. A client
   * that names no host gets its certificate: the default one, or none, with which the handshake fails.
   */
  get initial(): SecureContext {
    const entry = this.#default();
    const { ticketSecret, now } = this.#settings;
    const period = ticketPeriodAt(now());
    if (this.#initial?.entry === entry && this.#initial?.period === period) return this.#initial.context;
    const identity = this.#contextOf(entry) && entry && this.#identityOf(entry);
    const context = createContext({ ...identity, ticketKeys: ticketKeyOf(ticketSecret, period) });
    this.#initial = { entry, period, context };
    return context;
  }

  /** The context for the host that a client names; undefined when no certificate is for it, and there is no default. */
  forHost(servername: string): SecureContext | undefined {
    const { certificates, now } = this.#settings;
    return this.#contextOf(certificates.find(servername.toLowerCase(), now()) ?? this.#default());
  }

  #default(): CertificateEntry | undefined {
    return this.#settings.certificates.default(this.#settings.now());
  }

  #contextOf(entry: CertificateEntry | undefined): SecureContext | undefined {
    if (entry === undefined) return undefined;
    let context = this.#contexts.get(entry);
    if (context === undefined) {
      context = this.#create(entry) ?? null;
      if (context === null) this.#settings.onUnusable(entry.name);
      this.#contexts.set(entry, context);
    }
    return context ?? undefined;
  }

  #create(entry: CertificateEntry): SecureContext | undefined {
    const identity = this.#identityOf(entry);
    try {
      return identity && createContext(identity);
    } catch {
      // What OpenSSL says of it is no help to anybody, and must not be given a chance to show the key.
      return undefined;
    }
  }

  #identityOf({ name, certificate: { record } }: CertificateEntry): Identity | undefined {
    if (typeof record.key === "string") return { cert: record.chain, key: record.key };
    const key = this.#settings.sealKeys.open(name, record.key);
    return key.ok ? { cert: record.chain, key: key.value } : undefined;
  }
}

/** What handshakes begin with at a time. */
interface Initial {
  readonly entry: CertificateEntry | undefined;
  readonly period: number;
  readonly context: SecureContext;
}

interface Identity {
  readonly cert: string;
  readonly key: string;
}

function createContext(options: Partial<Identity> & { readonly ticketKeys?: Buffer }): SecureContext {
  return createSecureContext({
    ...options,
    ciphers: CIPHERS,
    minVersion: "TLSv1.2",
    sessionIdContext: "wayleave",
  });
}
