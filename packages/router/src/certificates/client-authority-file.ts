// The authorities by whom clients' certificates must be issued, from a file in PEM that is followed.

import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

import { type Parsed, invalid, valid } from "@wayleave/records";
import type { Logger } from "pino";

import type { ClientAuthority } from "../table/table-change.ts";
import { keepLooking, messageOf } from "./keep-looking.ts";

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export interface ClientAuthorityFileSettings {
  readonly file: string;
  readonly isRequired: boolean;
  readonly logger: Logger;
  /** Gets what is in the file now. */
  readonly changed: (authority: ClientAuthority) => void;
  /** Default 2,000. */
  readonly lookEveryMs?: number;
}

/** Follows a file from {@link ClientAuthorityFile.start} until it is closed. */
export class ClientAuthorityFile {
  readonly #settings: ClientAuthorityFileSettings;
  readonly #closed = new AbortController();
  /** What the file was when it was last looked at. */
  #text: string | undefined;

  constructor(settings: ClientAuthorityFileSettings) {
    this.#settings = settings;
  }

  /** Reads the file once, and follows it. Rejects with a RangeError when no authority can be read in it. */
  async start(): Promise<void> {
    const { file, logger, lookEveryMs } = this.#settings;
    const failed = (reason: string): void => logger.error({ file, reason }, "client-authority-refused");
    await this.#look().catch((error: unknown) => {
      throw new RangeError(`--client-ca: ${file}: ${messageOf(error)}`);
    });
    const { signal } = this.#closed;
    void keepLooking({ look: () => this.#look(), failed, signal, everyMs: lookEveryMs });
  }

  close(): void {
    this.#closed.abort();
  }

  /** Rejects when it is bad; what was good before stays in force. It is told once. */
  async #look(): Promise<void> {
    const { file, isRequired, changed, logger } = this.#settings;
    const text = await readFile(file, "utf8");
    if (text === this.#text || this.#closed.signal.aborted) return;
    this.#text = text;
    const authorities = readAuthorities(text);
    if (!authorities.ok) throw new Error(authorities.reason);
    const { count, ...read } = authorities.value;
    logger.info(
      { file, authorities: count, until: new Date(read.notAfter).toISOString() },
      "client-authority-read",
    );
    changed({ ...read, isRequired });
  }
}

/** The certificates of authorities in a text, and nothing else of it, in PEM; and when the first of them ends. */
export function readAuthorities(
  text: string,
): Parsed<Pick<ClientAuthority, "certificates" | "notAfter"> & { readonly count: number }> {
  const blocks = text.match(BLOCK) ?? [];
  if (blocks.length === 0) return invalid("there is no certificate in PEM");
  let notAfter = Number.POSITIVE_INFINITY;
  for (const [index, block] of blocks.entries()) {
    const read = readAuthority(block);
    if (typeof read === "string") return invalid(`certificate ${index + 1} ${read}`);
    notAfter = Math.min(notAfter, read.validToDate.getTime());
  }
  return valid({ certificates: `${blocks.join("\n")}\n`, notAfter, count: blocks.length });
}

function readAuthority(block: string): X509Certificate | string {
  try {
    const certificate = new X509Certificate(block);
    const { ca, subject, issuer } = certificate;
    // One that signed itself may stand for itself alone.
    return ca || subject === issuer ? certificate : "is not an authority's";
  } catch {
    return "cannot be read";
  }
}
