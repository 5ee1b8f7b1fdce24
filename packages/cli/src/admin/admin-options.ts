// The options by which a command finds a running router.

import type { Command } from "commander";

import { CommandError } from "../exit-codes.ts";
import { type ConnectionFlags, readSecret } from "../connection.ts";
import { setting } from "../settings.ts";
import type { AdminListener } from "./admin-listener.ts";

/** The values of the options that {@link addAdminOptions} adds. */
export interface AdminFlags extends ConnectionFlags {
  readonly admin?: string;
  readonly adminTokenFile?: string;
}

/** Adds `--admin` and `--admin-token-file`. */
export function addAdminOptions(command: Command): Command {
  return command
    .addOption(setting("--admin <url>", "the admin listener of a router; found in etcd when not said"))
    .addOption(setting("--admin-token-file <file>", "file with its token; of NAME:TOKEN,... the first"));
}

/**
 * The token that was given, by its file; the first one of a file as routers have it (`NAME:TOKEN`, with commas between
 * several). Throws a CommandError (invalid) when the file cannot be read.
 */
export async function tokenOf({
  adminTokenFile: file,
}: Pick<AdminFlags, "adminTokenFile">): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const [first = ""] = (await readSecret(file)).split(",");
  return first.trim().replace(/^[^:]*:/, "");
}

/** The listener that `--admin` names; undefined when it was not given. */
export async function namedAdmin(flags: AdminFlags): Promise<AdminListener | undefined> {
  if (flags.admin === undefined) return undefined;
  return { url: parseAdminUrl(flags.admin), token: await tokenOf(flags) };
}

/**
 * Parses `http://HOST:PORT`, or `HOST:PORT` as `wayleave router --admin` has it, where every address means this machine.
 * Throws a CommandError (invalid).
 */
export function parseAdminUrl(text: string): string {
  const url = URL.parse(/^[^/]+:\d+$/.test(text) ? `http://${text}` : text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search !== "") {
    throw new CommandError("invalid", `--admin: ${JSON.stringify(text)} is not http://ADDRESS:PORT`);
  }
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return url.origin;
}
