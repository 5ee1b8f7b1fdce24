// Certificates from files, for who has no etcd or whose certificates another tool renews: `NAME.crt` with `NAME.key`
// beside it, or both in one `NAME.pem`. The folder is followed.

import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { type Certificate, invalid, parseCertificate } from "@wayleave/records";
import type { Logger } from "pino";

import type { CertificateChange } from "../table/table-change.ts";
import { certificateCheck } from "./check-certificate.ts";
import { keepLooking, messageOf } from "./keep-looking.ts";
import { SealKeys } from "./seal-keys.ts";

/** In front of a file's name: no record can be called so. */
const PREFIX = "file:";

export interface CertificateFolderSettings {
  readonly directory: string;
  readonly logger: Logger;
  /** Gets what is new; null in it for certificates that are gone. */
  readonly changed: (changes: readonly CertificateChange[]) => void;
  /** Told why a certificate is not taken as its files are now; default: the log alone is. */
  readonly refused?: (file: string, reason: string) => void;
  /** Default 2,000. */
  readonly lookEveryMs?: number;
}

/** What was seen of one certificate's files. */
interface Seen {
  /** Changes with its files. */
  readonly mark: string;
  /** Some version of it is in force. */
  readonly isServed: boolean;
}

const check = certificateCheck({ sealKeys: SealKeys.none(), mayBePlain: true });

/** Follows a folder from {@link CertificateFolder.start} until it is closed. */
export class CertificateFolder {
  readonly #settings: CertificateFolderSettings;
  readonly #seen = new Map<string, Seen>();
  readonly #closed = new AbortController();

  constructor(settings: CertificateFolderSettings) {
    this.#settings = settings;
  }

  /** Reads the folder once, and follows it. Rejects with a RangeError when it cannot be read. */
  async start(): Promise<void> {
    const { directory, logger, lookEveryMs } = this.#settings;
    await this.#look().catch((error: unknown) => {
      throw new RangeError(`--certificates: ${directory} cannot be read: ${messageOf(error)}`);
    });
    void keepLooking({
      look: () => this.#look(),
      // A folder that cannot be read is no reason to serve nothing any more.
      failed: (error) => logger.error({ directory, error }, "certificates-not-read"),
      signal: this.#closed.signal,
      everyMs: lookEveryMs,
    });
  }

  close(): void {
    this.#closed.abort();
  }

  async #look(): Promise<void> {
    const files = await this.#files();
    const changes: CertificateChange[] = [];
    for (const [name, pair] of files) {
      const mark = await markOf(pair);
      if (this.#seen.get(name)?.mark === mark) continue;
      const change = await this.#read(name, pair);
      const isServed = change !== undefined || this.#seen.get(name)?.isServed === true;
      this.#seen.set(name, { mark, isServed });
      if (change !== undefined) changes.push(change);
    }
    for (const [name, { isServed }] of this.#seen) {
      if (files.has(name)) continue;
      this.#seen.delete(name);
      if (isServed) changes.push({ name: PREFIX + name, certificate: null });
    }
    if (changes.length > 0 && !this.#closed.signal.aborted) this.#settings.changed(changes);
  }

  /** The files of each certificate, its chain's first. */
  async #files(): Promise<Map<string, readonly string[]>> {
    const { directory } = this.#settings;
    const names = (await readdir(directory)).toSorted();
    const files = new Map<string, readonly string[]>();
    for (const file of names) {
      const [, name = "", kind] = /^([^.].*)\.(crt|pem)$/.exec(file) ?? [];
      if (kind === "pem") files.set(name, [join(directory, file)]);
      else if (kind === "crt") files.set(name, [join(directory, file), join(directory, `${name}.key`)]);
    }
    return files;
  }

  /** A certificate as its files are now; undefined, and told, when they do not make one: the last good one stays. */
  async #read(name: string, files: readonly string[]): Promise<CertificateChange | undefined> {
    try {
      const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
      const record = recordOf(texts.join("\n"));
      const checked = typeof record === "string" ? invalid(record) : check(name, record);
      if (checked.ok) return { name: PREFIX + name, certificate: checked.value };
      this.#refuse(files, checked.reason);
    } catch (error) {
      this.#refuse(files, messageOf(error));
    }
    return undefined;
  }

  #refuse(files: readonly string[], reason: string): void {
    const [file = ""] = files;
    this.#settings.logger.warn({ file, reason }, "certificate-refused");
    this.#settings.refused?.(file, reason);
  }
}

const KEY = /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----[^-]+-----END (?:RSA |EC )?PRIVATE KEY-----/;

/** The record that the text of all files makes, or why it makes none. */
function recordOf(text: string): Certificate | string {
  const [key] = KEY.exec(text) ?? [];
  if (key === undefined) return "there is no private key in PEM without a passphrase";
  const chain = text.slice(Math.max(0, text.indexOf("-----BEGIN CERTIFICATE-----"))).replace(KEY, "");
  const parsed = parseCertificate(JSON.stringify({ chain, key: `${key}\n` }));
  return parsed.ok ? parsed.value : parsed.reason;
}

async function markOf(files: readonly string[]): Promise<string> {
  const stats = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return stats.map((each) => `${each?.ino}/${each?.size}/${each?.mtimeMs}`).join(" ");
}
