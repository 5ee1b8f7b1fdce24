// What connections to instances are secured by. A connection that was made under one trust serves no exchange that asks
// for another, so whatever an exchange's route asks an instance to prove, was proved.

import { type SecureContext, createSecureContext } from "node:tls";
import { constants } from "node:crypto";

import type { Identity } from "../../certificates/open-identity.ts";
import { CIPHERS } from "../../certificates/ciphers.ts";
import type { CertificateEntry } from "../../table/certificate-index.ts";
import type { InstanceEntry } from "../../table/instance-entry.ts";
import type { InstanceTlsPolicy } from "../../table/policy.ts";

/** What the policies of one content make of TLS, until the certificate that they name changes. */
export interface Trust {
  readonly policy: InstanceTlsPolicy;
  /** Or why there is none: then nobody is connected to. */
  readonly context: SecureContext | { readonly error: string };
  /** How the next connection to an instance is spared most of its handshake. */
  readonly sessions: WeakMap<InstanceEntry, KeptSession>;
}

/** A session, and until when the certificate is valid that it was made with; epoch milliseconds. */
export interface KeptSession {
  readonly session: Buffer;
  readonly notAfter: number;
}

/** Where certificates by which a router says who it is come from. */
export interface ClientIdentities {
  /** Another object when the record changes. */
  get(name: string): CertificateEntry | undefined;
  /** undefined: its key cannot be opened. */
  open(entry: CertificateEntry): Identity | undefined;
}

/** More than so many contents of policies, and they are made anew. */
const MOST_CONTENTS = 1_000;

/** The trusts of one engine. */
export class Trusts {
  readonly #identities: ClientIdentities | undefined;
  readonly #byPolicy = new WeakMap<InstanceTlsPolicy, Made>();
  readonly #byContent = new Map<string, Made>();

  constructor(identities: ClientIdentities | undefined) {
    this.#identities = identities;
  }

  /** What an instance has to prove to exchanges with this policy; undefined: nothing, it is spoken to in plain. */
  of(instance: InstanceEntry, policy: InstanceTlsPolicy): Trust | undefined {
    const { protocol } = instance.record;
    if (protocol === "http" || protocol === "h2c") return undefined;
    const known = this.#byPolicy.get(policy);
    if (known !== undefined && this.#isCurrent(known)) return known;
    const made = this.#sameContent(policy);
    this.#byPolicy.set(policy, made);
    return made;
  }

  #sameContent(policy: InstanceTlsPolicy): Made {
    const content = JSON.stringify(policy);
    const known = this.#byContent.get(content);
    if (known !== undefined && this.#isCurrent(known)) return known;
    if (this.#byContent.size >= MOST_CONTENTS) this.#byContent.clear();
    const made = this.#make(policy);
    this.#byContent.set(content, made);
    return made;
  }

  #isCurrent({ policy: { clientCertificate }, client }: Made): boolean {
    return clientCertificate === undefined || this.#identities?.get(clientCertificate) === client;
  }

  #make(policy: InstanceTlsPolicy): Made {
    const name = policy.clientCertificate;
    const client = name === undefined ? undefined : this.#identities?.get(name);
    const identity = client && this.#identities?.open(client);
    const context =
      name !== undefined && identity === undefined
        ? {
            error: `the client certificate ${name} ${client === undefined ? "is not there" : "cannot be used"}`,
          }
        : createContext(policy, identity);
    return { policy, client, context, sessions: new WeakMap() };
  }
}

interface Made extends Trust {
  /** The certificate that it was made with. */
  readonly client: CertificateEntry | undefined;
}

function createContext({ ca }: InstanceTlsPolicy, identity: Identity | undefined): Trust["context"] {
  try {
    return createSecureContext({
      ...identity,
      ca,
      ciphers: CIPHERS,
      minVersion: "TLSv1.2",
      // An instance could show another certificate in it, which nobody would look at.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
  } catch {
    // What OpenSSL says of it must not be given a chance to show the key.
    return { error: "its ca or client certificate cannot be used" };
  }
}
