import { SealKeys } from "@wayleave/router/certificates";
import type { Command } from "commander";

import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { readSecret } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { setting } from "../settings.ts";

/** The environment variable that holds seal keys: a flag would show them to everybody on the machine. */
const VARIABLE = "WAYLEAVE_SEAL_KEY";

/** The value of the option that {@link addSealKeyOption} adds. */
export interface SealKeyFlags {
  readonly sealKeyFile?: string;
}

/** Adds `--seal-key-file`. */
export function addSealKeyOption(command: Command): Command {
  return command.addOption(
    setting(
      "--seal-key-file <file>",
      `file with the keys that seal private keys, the one to seal with first; else they are in ${VARIABLE}`,
    ),
  );
}

/** The text of the seal keys, checked; undefined when none are given. Throws a CommandError (invalid). */
export async function sealKeyText({ sealKeyFile: file }: SealKeyFlags): Promise<string | undefined> {
  const text = file === undefined ? process.env[VARIABLE] : await readSecret(file);
  if (text === undefined || (file === undefined && text === "")) return undefined;
  valueOrInvalid(SealKeys.parse(text), file ?? VARIABLE);
  return text;
}

/** The seal keys; throws a CommandError (usage) when none are given. */
export async function requireSealKeys(flags: SealKeyFlags): Promise<SealKeys> {
  const text = await sealKeyText(flags);
  if (text !== undefined) return valueOrInvalid(SealKeys.parse(text));
  throw new CommandError(
    "usage",
    `there is no seal key: set ${VARIABLE} or --seal-key-file to what "openssl rand -base64 32" prints`,
  );
}
