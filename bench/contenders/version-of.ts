import { execFile } from "node:child_process";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";

/** What an installed command says its version is, found by the pattern's first group; undefined where it is not installed. */
export function versionOf(
  name: string,
  args: readonly string[],
  pattern: RegExp,
): Promise<string | undefined> {
  const command = findCommand(name);
  if (command === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 10_000 }, (_, stdout, stderr) =>
      resolve(pattern.exec(stdout + stderr)?.[1] ?? "?"),
    );
  });
}
