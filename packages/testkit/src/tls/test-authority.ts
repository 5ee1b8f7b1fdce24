import { type KeyObject, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

import {
  bitString,
  boolean,
  der,
  integer,
  objectId,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from "./der.ts";

const ECDSA_WITH_SHA256 = sequence(objectId("2a8648ce3d040302"));
const COMMON_NAME = "550403";
const BASIC_CONSTRAINTS = "551d13";
const KEY_USAGE = "551d0f";
const ALTERNATIVE_NAMES = "551d11";
const EXTENDED_KEY_USAGE = "551d25";
/** TLS servers and clients, of RFC 5280 section 4.2.1.12. */
const USAGES = { server: "2b06010505070301", client: "2b06010505070302" } as const;
const DAY_MS = 86_400_000;

/** A certificate and the key to it, in PEM. */
export interface IssuedCertificate {
  /** The certificate, and the intermediates up to the authority, which is not in it. */
  readonly chain: string;
  readonly key: string;
}

/** How a certificate differs from the plain one, which is valid from yesterday for 30 days. */
export interface IssueOptions {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Default `ec`, on P-256. */
  readonly keyType?: "ec" | "rsa";
  /** Its common name; default: its first host. */
  readonly subject?: string;
  /** URIs that it is for, beside its hosts. */
  readonly uris?: readonly string[];
  /** Whom it is for only; default: for both. */
  readonly usage?: "server" | "client";
}

/** An authority that issues certificates for tests at once, all keys on P-256. */
export class TestAuthority {
  readonly name: string;
  /** Its own certificate in PEM: what a client trusts, or what makes a chain whole. */
  readonly certificate: string;
  readonly #keys = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  readonly #chain: string;

  constructor(name = "wayleave-test-authority", parent?: TestAuthority) {
    this.name = name;
    const body = { subject: name, names: [], uris: [], isAuthority: true, publicKey: this.#keys.publicKey };
    this.certificate = parent === undefined ? this.#sign(body, {}) : parent.#sign(body, {});
    this.#chain = parent === undefined ? "" : this.certificate + parent.#chain;
  }

  /** An intermediate authority under this one. */
  intermediate(name: string): TestAuthority {
    return new TestAuthority(name, this);
  }

  /** Issues a certificate for hosts and IPv4 addresses. */
  issue(names: readonly string[], options: IssueOptions = {}): IssuedCertificate {
    const { keyType, subject = names[0] ?? "none", uris = [], usage } = options;
    const { publicKey, privateKey } =
      keyType === "rsa"
        ? generateKeyPairSync("rsa", { modulusLength: 2048 })
        : generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const leaf = this.#sign({ subject, names, uris, usage, isAuthority: false, publicKey }, options);
    const key = privateKey.export({ type: "pkcs8", format: "pem" });
    return { chain: leaf + this.#chain, key };
  }

  #sign(body: Body, { notBefore, notAfter }: IssueOptions): string {
    const now = Date.now();
    const content = sequence(
      der(0xa0, integer(Buffer.from([2]))), // version 3
      integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      ECDSA_WITH_SHA256,
      nameOf(this.name),
      sequence(time(notBefore ?? new Date(now - DAY_MS)), time(notAfter ?? new Date(now + 30 * DAY_MS))),
      nameOf(body.subject),
      body.publicKey.export({ type: "spki", format: "der" }),
      der(0xa3, sequence(...extensionsOf(body))),
    );
    const signature = sign("sha256", content, this.#keys.privateKey);
    return pem(sequence(content, ECDSA_WITH_SHA256, bitString(signature)));
  }
}

interface Body {
  readonly subject: string;
  readonly names: readonly string[];
  readonly uris: readonly string[];
  readonly usage?: IssueOptions["usage"] | undefined;
  readonly isAuthority: boolean;
  readonly publicKey: KeyObject;
}

function extensionsOf({ names, uris, usage: usedBy, isAuthority }: Body): Buffer[] {
  const constraints = isAuthority ? sequence(boolean(true)) : sequence();
  // keyCertSign and cRLSign, or digitalSignature.
  const usage = isAuthority ? Buffer.from([0x03, 2, 1, 0x06]) : Buffer.from([0x03, 2, 7, 0x80]);
  const extensions = [critical(BASIC_CONSTRAINTS, constraints), critical(KEY_USAGE, usage)];
  if (usedBy !== undefined) {
    const usages = sequence(objectId(USAGES[usedBy]));
    extensions.push(sequence(objectId(EXTENDED_KEY_USAGE), octetString(usages)));
  }
  if (names.length + uris.length === 0) return extensions;
  const alternatives = sequence(
    ...names.map(alternativeName),
    ...uris.map((uri) => der(0x86, Buffer.from(uri))),
  );
  return [...extensions, sequence(objectId(ALTERNATIVE_NAMES), octetString(alternatives))];
}

/** An IP address or, as mostly, a DNS name (RFC 5280 section 4.2.1.6). */
function alternativeName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, Buffer.from(name.split(".").map(Number)));
  return der(0x82, Buffer.from(name));
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), boolean(true), octetString(value));
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(objectId(COMMON_NAME), utf8String(commonName))));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
