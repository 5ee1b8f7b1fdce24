import { readFile } from "node:fs/promises";

import {
  type Certificate,
  type Parsed,
  invalid,
  parseCertificate,
  parseHost,
  valid,
} from "@wayleave/records";
import { inspectChain, keyMismatch, tableCertificate } from "@wayleave/router/certificates";
import type { Command } from "commander";

import { parseCertificateName } from "../arguments/place.ts";
import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { judgeChain } from "../certificates/judge-chain.ts";
import { type SealKeyFlags, addSealKeyOption, requireSealKeys } from "../certificates/seal-keys.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { type Output, createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type WriteFlags, addWriteOptions, commitWrite, formatRevision } from "../writing/commit-write.ts";
import { conditionOn, ifRevisionOption, readForWrite } from "../writing/read-for-write.ts";
import { type JsonObject, objectOf } from "../writing/record-json.ts";

interface SetFlags extends ConnectionFlags, WriteFlags, SealKeyFlags {
  readonly chain?: string;
  readonly key?: string;
  /** false: none. */
  readonly names?: readonly string[] | false;
  readonly default?: boolean;
  readonly plainKey?: true;
  readonly force?: true;
  readonly ifRevision?: number;
  readonly json?: true;
}

const HELP = `
The chain is checked before it is written: its order, that every certificate is signed by the next one, that the key is
its own, that it is valid now. The key is sealed by the first seal key, for this name alone. Routers serve the new
certificate from the next handshake on; connections that run live on. Of a certificate that exists, only what you
name is changed, but chain and key go together.

Examples:
  export WAYLEAVE_SEAL_KEY=$(openssl rand -base64 32)     # once, the same for every router; keep it safe
  wayleave certificates set shop --chain shop.pem --key shop-key.pem --wait
  wayleave certificates set shop --default
  wayleave certificates set router --chain router.pem --key router-key.pem --no-names

--json prints {"revision", "name", "names", "notAfter", "issuer", "fingerprint", "warnings"}; revision is null in a dry
run.`;

/** Adds `wayleave certificates set`. */
export function addCertificatesSet(certificates: Command): void {
  const command = certificates
    .command("set")
    .summary("create or change a certificate")
    .description("Create or change a certificate.")
    .argument("<name>", "what the certificate is called here")
    .option("--chain <file>", "PEM: the certificate, then its intermediates")
    .option("--key <file>", "PEM: its private key, without a passphrase")
    .option("--names <hosts>", "serve only these hosts, with commas between them", hostList)
    .option("--no-names", "serve no host: it is only shown to instances, by a route's instanceTls")
    .option("--default", "serve clients whose host no certificate is for, too")
    .option("--no-default", "serve them no more")
    .option("--plain-key", "do not seal the key; only routers with --allow-plain-keys on take it")
    .option("--force", "write it though it has expired, or is not for its hosts")
    .addOption(ifRevisionOption("it was"))
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(setCertificate);
  addSealKeyOption(command);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function setCertificate(text: string, flags: SetFlags): Promise<void> {
  const name = parseCertificateName(text);
  const what = `certificate ${name}`;
  const given = await givenFields(name, flags);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const key = keys.certificate(name);
    const found = await readForWrite(store, { key, what, ifRevision: flags.ifRevision });
    if (found === undefined && flags.chain === undefined) {
      throw new CommandError("usage", `there is no ${what} yet: give --chain and --key`);
    }
    const record: JsonObject = { ...objectOf(found), ...given };
    const value = JSON.stringify(record);
    const checked = check(valueOrInvalid(parseCertificate(value), what), flags, output);
    const planned = { writes: [{ put: key, value }], conditions: [conditionOn(key, found)] };
    const revision = await commitWrite({ store, keys, output, flags }, planned);
    output.json({ revision: revision ?? null, name, ...checked });
    const { names, notAfter } = checked;
    output.line(
      `${found === undefined ? "created" : "changed"} ${what} for ${names.join(", ") || "no host"}, valid until ${notAfter.slice(0, 10)} ${formatRevision(revision)}`,
    );
  });
}

/** The fields that the flags say. Throws a CommandError: usage, or invalid without showing the key. */
async function givenFields(name: string, flags: SetFlags): Promise<JsonObject> {
  if ((flags.chain === undefined) !== (flags.key === undefined)) {
    throw new CommandError("usage", "--chain and --key need each other");
  }
  const fields: JsonObject = {
    ...(flags.names !== undefined && { names: flags.names === false ? [] : flags.names }),
    ...(flags.default !== undefined && { isDefault: flags.default }),
  };
  if (flags.chain === undefined || flags.key === undefined) return fields;
  const chain = await readPem(flags.chain);
  const plain = await readPem(flags.key);
  valueOrInvalid(inspectChain(chain), flags.chain);
  const mismatch = keyMismatch(chain, plain);
  if (mismatch !== undefined) throw new CommandError("invalid", `${flags.key}: ${mismatch}`);
  const key = flags.plainKey === true ? plain : (await requireSealKeys(flags)).seal(name, plain);
  return { ...fields, chain, key };
}

interface Checked {
  readonly names: readonly string[];
  readonly notAfter: string;
  readonly issuer: string;
  readonly fingerprint: string;
  readonly warnings: readonly string[];
}

function check(record: Certificate, flags: SetFlags, output: Output): Checked {
  const facts = valueOrInvalid(inspectChain(record.chain));
  const { names, issuer, fingerprint, notAfter } = valueOrInvalid(tableCertificate(record, facts));
  const { refusals, warnings } = judgeChain(facts, names, Date.now());
  const [refusal] = refusals;
  if (refusal !== undefined && flags.force !== true) {
    throw new CommandError("invalid", `${refusal}; --force writes it all the same`);
  }
  const told = [...refusals, ...warnings];
  if (!output.isJson) for (const warning of told) output.warn(warning);
  return { names, issuer, fingerprint, notAfter: new Date(notAfter).toISOString(), warnings: told };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError("invalid", `${file} cannot be read: ${reason}`, { cause: error });
  }
}

function hostList(text: string): string[] {
  return text.split(",").map((name) => valueOrInvalid(nameOf(name.trim())));
}

function nameOf(text: string): Parsed<string> {
  const host = parseHost(text);
  if (!host.ok) return host;
  return host.value === "*" ? invalid("a certificate is for names, not for *") : valid(host.value);
}
