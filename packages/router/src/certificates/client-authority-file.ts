// The authorities by whom clients' certificates must be issued, from a file in PEM that is followed.

import { readFile } from "node:fs/promises";

import type { Logger } from "pino";

import type { ClientAuthority } from "../table/table-change.ts";
import { readAuthorities } from "./read-authorities.ts";
import { keepLooking, messageOf } from "./keep-looking.ts";

export interface ClientAuthorityFileSettings {
  readonly file: string;
  readonly isRequired: boolean;
  readonly logger: Logger;
  /** Gets what is in the file now. */
  readonly changed: (authority: ClientAuthority) => void;
  /** Told why it is not taken as it is now; default: the log alone is. */
  readonly refused?: (file: string, reason: string) => void;
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
    const { file, logger, refused, lookEveryMs } = this.#settings;
    const failed = (reason: string): void => {
      logger.error({ file, reason }, "client-authority-refused");
      refused?.(file, reason);
    };
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
    const { certificates, count, notAfter } = authorities.value;
    const until = new Date(notAfter).toISOString();
    logger.info({ file, authorities: count, until }, "client-authority-read");
    changed({ certificates, isRequired });
  }
}
