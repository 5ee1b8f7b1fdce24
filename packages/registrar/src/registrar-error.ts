/**
 * Why a registrar gave up:
 * - `invalid`: an option is wrong; the message names the field. Nothing was written.
 * - `not-ready`: the port did not accept, or the health check did not pass, within the time given.
 * - `id-clash`: another live instance with another address holds our key.
 * - `refused`: etcd will not write the key: permission, read-only, full, too large.
 * - `port-in-use`: another program listens on the port that the program was to get.
 * - `aborted`: the caller's signal or the registrar's end cut the registration short.
 */
export type RegistrarErrorCode = "invalid" | "not-ready" | "id-clash" | "refused" | "port-in-use" | "aborted";

/** Every error that this package throws: a stable code, and the key in etcd where it is about one. */
export class RegistrarError extends Error {
  readonly code: RegistrarErrorCode;
  readonly key: string | undefined;

  constructor(code: RegistrarErrorCode, message: string, options: { key?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "RegistrarError";
    this.code = code;
    this.key = options.key;
  }
}
