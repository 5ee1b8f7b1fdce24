// How a command reaches etcd: the options that every command has, and the store they open.

import { readFile } from "node:fs/promises";

import { DEFAULT_PREFIX, type Keys, keysUnder } from "@wayleave/records";
import { type Store, type StoreSettings, openStore, parseEndpoints } from "@wayleave/store";
import { type Command, Option } from "commander";

import { CommandError } from "./exit-codes.ts";
import { setting } from "./settings.ts";

/** Where etcd listens when nothing else is said. */
export const DEFAULT_ETCD = "http://127.0.0.1:2379";

/** The values of the options that {@link addConnectionOptions} adds. */
export interface ConnectionFlags {
  readonly etcd: string;
  readonly prefix: string;
  readonly etcdUser?: string;
  readonly etcdPasswordFile?: string;
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
}

/** Adds the options by which etcd is reached. */
export function addConnectionOptions(command: Command): Command {
  command.optionsGroup("Connection:");
  for (const option of connectionOptions()) command.addOption(option);
  return command;
}

/** The same without defaults and environment, hidden: `wayleave --etcd URL routes ls` is understood too. */
export function addGlobalConnectionOptions(root: Command): Command {
  for (const { flags, description } of connectionOptions())
    root.addOption(new Option(flags, description).hideHelp());
  return root;
}

/** What the store is opened with; throws a CommandError (invalid) for a bad endpoint or an unreadable file. */
export async function storeSettings(flags: ConnectionFlags): Promise<StoreSettings> {
  return {
    endpoints: endpointsOf(flags.etcd),
    ...(await authOf(flags)),
    ...(await tlsOf(flags)),
  };
}

/** Opens the store, runs `work` with it, and closes it whatever happens. */
export async function withStore<T>(
  flags: ConnectionFlags,
  work: (connection: { readonly store: Store; readonly keys: Keys }) => Promise<T>,
): Promise<T> {
  const keys = keysUnder(prefixOf(flags));
  await using store = openStore(await storeSettings(flags));
  return await work({ store, keys });
}

/** The same connection as arguments of another `wayleave`. */
export function connectionArguments(flags: ConnectionFlags): string[] {
  const { etcd, prefix, etcdUser, etcdPasswordFile, etcdCa, etcdCert, etcdKey } = flags;
  const options = {
    etcd,
    prefix,
    "etcd-user": etcdUser,
    "etcd-password-file": etcdPasswordFile,
    "etcd-ca": etcdCa,
    "etcd-cert": etcdCert,
    "etcd-key": etcdKey,
  };
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
}

/** The checked prefix of all keys. */
export function prefixOf(flags: Pick<ConnectionFlags, "prefix">): string {
  if (flags.prefix.replaceAll("/", "") !== "") return flags.prefix;
  throw new CommandError("invalid", "--prefix is empty: the keys of Wayleave need a place of their own");
}

/** A password or token from a file, without the line's end; throws a CommandError (invalid). */
export async function readSecret(file: string): Promise<string> {
  return (await readBytes(file)).toString("utf8").replace(/\r?\n$/, "");
}

function connectionOptions(): Option[] {
  return [
    setting("--etcd <urls>", "etcd's endpoints, with commas between them").default(DEFAULT_ETCD),
    setting("--prefix <prefix>", "prefix of all keys").default(DEFAULT_PREFIX),
    setting("--etcd-user <name>", "user to authenticate as"),
    setting("--etcd-password-file <file>", "file that holds the user's password"),
    setting("--etcd-ca <file>", "PEM: who may sign etcd's certificate"),
    setting("--etcd-cert <file>", "PEM: this client's certificate"),
    setting("--etcd-key <file>", "PEM: the key of that certificate"),
    new Option("--config <file>", "settings file (default: ./wayleave.yaml when it exists)").env(
      "WAYLEAVE_CONFIG",
    ),
  ];
}

function endpointsOf(text: string): readonly string[] {
  const parsed = parseEndpoints(text);
  if (!parsed.ok) throw new CommandError("invalid", `--etcd: ${parsed.reason}`);
  return parsed.value;
}

async function authOf(flags: ConnectionFlags): Promise<Pick<StoreSettings, "auth">> {
  const { etcdUser: username, etcdPasswordFile: file } = flags;
  if (username === undefined && file === undefined) return {};
  if (username === undefined || file === undefined) {
    throw new CommandError("usage", "--etcd-user and --etcd-password-file need each other");
  }
  return { auth: { username, password: await readSecret(file) } };
}

async function tlsOf(flags: ConnectionFlags): Promise<Pick<StoreSettings, "tls">> {
  const { etcdCa, etcdCert, etcdKey } = flags;
  if (etcdCa === undefined && etcdCert === undefined && etcdKey === undefined) return {};
  if ((etcdCert === undefined) !== (etcdKey === undefined)) {
    throw new CommandError("usage", "--etcd-cert and --etcd-key need each other");
  }
  return {
    tls: {
      ...(etcdCa !== undefined && { ca: await readBytes(etcdCa) }),
      ...(etcdCert !== undefined && { certificate: await readBytes(etcdCert) }),
      ...(etcdKey !== undefined && { key: await readBytes(etcdKey) }),
    },
  };
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError("invalid", `${file} cannot be read: ${reason}`, { cause: error });
  }
}
