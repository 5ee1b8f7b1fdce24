// Private keys in etcd are sealed: whoever reads etcd, its snapshots or an export, has no key of anybody's.

import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from "node:crypto";

import type { Sealed } from "@wayleave/records";
import { type Parsed, invalid, valid } from "@wayleave/records/lean";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_KEYS = 16;

interface SealKey {
  readonly id: string;
  readonly key: Buffer;
}

/** The keys by which private keys are sealed: the first one seals, all of them open. */
export class SealKeys {
  readonly #keys: readonly SealKey[];

  private constructor(keys: readonly SealKey[]) {
    this.#keys = keys;
  }

  /** No keys: nothing can be sealed or opened. */
  static none(): SealKeys {
    return new SealKeys([]);
  }

  /**
   * Reads keys, each 32 bytes in Base64 or hexadecimal, with commas, spaces or line ends between them. A reason for
   * a refusal shows no key.
   */
  static parse(text: string): Parsed<SealKeys> {
    const words = text.split(/[\s,]+/).filter((word) => word !== "");
    if (words.length === 0 || words.length > MAX_KEYS)
      return invalid(`there must be 1 to ${MAX_KEYS} seal keys`);
    const keys: SealKey[] = [];
    for (const [index, word] of words.entries()) {
      const key = keyOf(word);
      if (key === undefined) {
        return invalid(
          `seal key ${index + 1} is not ${KEY_BYTES} bytes in Base64 or hexadecimal: openssl rand -base64 32`,
        );
      }
      keys.push({ key, id: idOf(key) });
    }
    return valid(new SealKeys(keys));
  }

  /** The id of the key that seals; undefined when there is none. */
  get sealingId(): string | undefined {
    return this.#keys[0]?.id;
  }

  /** A secret of its own for a purpose, the same for whoever has the same first key; undefined when there is none. */
  derive(purpose: string): Buffer | undefined {
    const key = this.#keys[0]?.key;
    return key && Buffer.from(hkdfSync("sha256", key, "", `wayleave ${purpose}`, KEY_BYTES));
  }

  /** Seals a text for `name`, where alone it can be opened. Throws a RangeError when there is no key. */
  seal(name: string, text: string): Sealed {
    const [first] = this.#keys;
    if (first === undefined) throw new RangeError("there is no seal key");
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, first.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(associatedData(name));
    const parts = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
    return { keyId: first.id, sealed: Buffer.concat(parts).toString("base64") };
  }

  /** Opens what was sealed for `name`. */
  open(name: string, { keyId, sealed }: Sealed): Parsed<string> {
    const found = this.#keys.find(({ id }) => id === keyId);
    if (found === undefined) {
      const known = this.#keys.map(({ id }) => id).join(", ") || "none";
      return invalid(`key: sealed by the seal key ${keyId}, which this router has not (it has ${known})`);
    }
    const bytes = Buffer.from(sealed, "base64");
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return invalid("key: the sealed text is cut off");
    const decipher = createDecipheriv(ALGORITHM, found.key, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associatedData(name));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8");
      return valid(text + decipher.final("utf8"));
    } catch {
      return invalid(`key: the seal is broken: it was changed, or sealed for another name than ${name}`);
    }
  }
}

/** The seal keys of a router's settings. Throws a RangeError when they are none. */
export function sealKeysOf({ sealKeys }: { readonly sealKeys?: string | undefined }): SealKeys {
  if (sealKeys === undefined) return SealKeys.none();
  const parsed = SealKeys.parse(sealKeys);
  if (!parsed.ok) throw new RangeError(parsed.reason);
  return parsed.value;
}

function associatedData(name: string): Buffer {
  return Buffer.from(`wayleave ${name}`);
}

function keyOf(word: string): Buffer | undefined {
  const isHex = /^[0-9a-fA-F]{64}$/.test(word);
  if (!isHex && !/^[A-Za-z0-9+/_-]{43}=?$/.test(word)) return undefined;
  const key = Buffer.from(word, isHex ? "hex" : "base64");
  return key.length === KEY_BYTES ? key : undefined;
}

/** Tells nothing of the key. */
function idOf(key: Buffer): string {
  return hash("sha256", Buffer.concat([Buffer.from("wayleave seal key "), key]), "hex").slice(0, 8);
}
