// Which certificate a handshake gets. Contexts are made when a handshake needs them first: to make one takes about a
// millisecond, and a replica may have thousands of certificates whose hosts nobody asks for.

import { type SecureContext, createSecureContext } from "node:tls";

import type { CertificateEntry, CertificateIndex } from "../table/certificate-index.ts";
import type { SealKeys } from "./seal-keys.ts";

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
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** A certificate that control let through cannot be used after all. */
  readonly onUnusable: (name: string) => void;
}

/** The contexts of a listener. A changed certificate is another entry of the table, and so gets another context. */
export class SecureContexts {
  readonly #settings: SecureContextsSettings;
  readonly #contexts = new WeakMap<CertificateEntry, SecureContext | null>();
  /** Has no certificate: a handshake that ends up with it fails. */
  readonly #none = createContext({});

  constructor(settings: SecureContextsSettings) {
    this.#settings = settings;
  }

  /** What a handshake begins with, and keeps when its client names no host: the default certificate, or none. */
  get initial(): SecureContext {
    return this.#contextOf(this.#default()) ?? this.#none;
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

  #create({ name, certificate: { record } }: CertificateEntry): SecureContext | undefined {
    const { sealKeys } = this.#settings;
    const key = typeof record.key === "string" ? record.key : sealKeys.open(name, record.key);
    if (typeof key !== "string" && !key.ok) return undefined;
    try {
      return createContext({ cert: record.chain, key: typeof key === "string" ? key : key.value });
    } catch {
      // What OpenSSL says of it is no help to anybody, and must not be given a chance to show the key.
      return undefined;
    }
  }
}

function createContext(identity: { readonly cert?: string; readonly key?: string }): SecureContext {
  return createSecureContext({
    ...identity,
    ciphers: CIPHERS,
    minVersion: "TLSv1.2",
    sessionIdContext: "wayleave",
  });
}
