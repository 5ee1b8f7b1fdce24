// What a user has after `npm install`: an empty folder with our tarballs in it, and no repository around.

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { temporaryDirectory } from "@wayleave/testkit";

import { type Tarball, packPackages } from "../../scripts/packages/pack-packages.ts";
import { root } from "../../scripts/packages/published-packages.ts";

const INSTALL_WITHIN_MS = 180_000;

export interface Installation {
  readonly folder: string;
  /** Where the packages were emitted, each in a folder of its own. */
  readonly emitted: string;
  readonly tarballs: readonly Tarball[];
  /** The file of the installed command. */
  readonly wayleave: string;
}

/** Packs all that is published, and installs it beside what a user with TypeScript has. */
export async function installPackages(): Promise<Installation> {
  const emitted = temporaryDirectory("packed");
  const tarballs = packPackages(emitted);
  const folder = temporaryDirectory("installed");
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const wanted = [...tarballs.map(({ file }) => file), `@types/node@${versionOf("@types/node")}`];
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  await runIn(folder, "npm", ["install", ...flags, ...wanted]);
  return { folder, emitted, tarballs, wayleave: path.join(folder, "node_modules/.bin/wayleave") };
}

/** Runs a program in the folder; resolves with what it wrote to stdout, and rejects with all of it when it fails. */
export async function runIn(folder: string, program: string, args: readonly string[]): Promise<string> {
  const options = { cwd: folder, timeout: INSTALL_WITHIN_MS };
  const told = await promisify(execFile)(program, args, options).catch((error: Error) => {
    throw new Error(`${error.message}\n${"stdout" in error ? String(error.stdout) : ""}`);
  });
  return told.stdout;
}

/** The TypeScript compiler of the repository, as it is run on a user's files. */
export const TSC = path.join(root, "node_modules/typescript/bin/tsc");

function versionOf(dependency: string): string {
  const { devDependencies } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  return String(devDependencies[dependency]);
}
