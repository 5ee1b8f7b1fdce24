import { keysUnder } from "@wayleave/records";
import { openStore } from "@wayleave/store";
import type { Command } from "commander";

import { type ConnectionFlags, prefixOf, storeSettings } from "../connection.ts";
import { completeSettings } from "../settings.ts";
import { liveNames } from "./live-names.ts";
import { type Candidate, type NameKind, wantedAfter } from "./wanted.ts";

/** Somebody waits with a finger on the key. */
const NAMES_WITHIN_MS = 300;
const MOST = 1_000;

/** What a shell is told when it is to complete the names of files. */
export const FILES = ":files";

/**
 * The lines for a shell that completes the last of these words, which follow `wayleave`: `WORD` or `WORD<tab>MEANING`, or
 * {@link FILES}. Nothing, and no error, when etcd does not answer at once.
 */
export async function complete(root: Command, words: readonly string[]): Promise<string[]> {
  const last = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const wanted = wantedAfter(root, before, last);
  if (wanted.kind === "files") return [FILES];
  if (wanted.kind === "words") return linesOf(wanted.words, last);
  if (wanted.kind === "nothing") return [];
  const names = await namesOrNone(wanted, { root, before, last });
  return linesOf(
    names.map((word) => ({ word, means: "" })),
    last,
  );
}

function linesOf(candidates: readonly Candidate[], last: string): string[] {
  return candidates
    .filter(({ word }) => word.startsWith(last))
    .slice(0, MOST)
    .map(({ word, means }) => (means === "" ? word : `${word}\t${means}`));
}

async function namesOrNone(
  { of, command }: { readonly of: NameKind; readonly command: Command },
  {
    root,
    before,
    last,
  }: { readonly root: Command; readonly before: readonly string[]; readonly last: string },
): Promise<string[]> {
  try {
    const flags = await connectionOf(root, command, before);
    const settings = { ...(await storeSettings(flags)), callTimeoutMs: NAMES_WITHIN_MS };
    const store = openStore(settings);
    const timer = setTimeout(() => store.destroy(), NAMES_WITHIN_MS);
    try {
      return await liveNames(store, keysUnder(prefixOf(flags)), { of, typed: last });
    } finally {
      clearTimeout(timer);
      store.destroy();
    }
  } catch {
    return [];
  }
}

/** The connection as the command would have it: by the line's flags, the environment, and the settings file. */
async function connectionOf(
  root: Command,
  command: Command,
  before: readonly string[],
): Promise<ConnectionFlags> {
  for (const option of command.options) {
    const at = before.lastIndexOf(option.long ?? "");
    const flag = at === -1 ? undefined : before[at + 1];
    const variable = option.envVar === undefined ? undefined : process.env[option.envVar];
    const [value, source] = flag === undefined ? [variable, "env"] : [flag, "cli"];
    if (value !== undefined && !option.isBoolean())
      command.setOptionValueWithSource(option.attributeName(), value, source);
  }
  await completeSettings(root, command);
  return command.opts<ConnectionFlags & Record<string, unknown>>();
}
