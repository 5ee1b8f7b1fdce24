import { existsSync } from "node:fs";
import path from "node:path";

/** Servers are often installed where only root's PATH leads. */
const MORE_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/opt/homebrew/bin"];

/** The path of a command that is installed; undefined when it is not. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(path.delimiter), ...MORE_FOLDERS];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}
