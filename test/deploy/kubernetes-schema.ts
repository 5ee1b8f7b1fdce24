// Holds manifests to Kubernetes' own schema, as its types say it: a field that is misspelled, misplaced or of another type is an error
// of the compiler.

import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

import { temporaryDirectory } from "@wayleave/testkit";

import { root } from "./repository.ts";

/** What the compiler says of these manifests; "" when they are good. */
export async function problemsOf(
  manifests: readonly { apiVersion: string; kind: string }[],
): Promise<string> {
  const folder = temporaryDirectory("manifests");
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  writeFileSync(path.join(folder, "manifests.ts"), manifests.map(declaration).join("\n"));
  const tsc = path.join(root, "node_modules/typescript/bin/tsc");
  const flags = [
    "--noEmit",
    "--strict",
    "--types",
    "",
    "--moduleResolution",
    "bundler",
    "--module",
    "esnext",
  ];
  const options = { cwd: folder, timeout: 25_000 };
  return await promisify(execFile)(process.execPath, [tsc, ...flags, "manifests.ts"], options).then(
    ({ stdout }) => stdout,
    (error: Error) => ("stdout" in error ? String(error.stdout) : error.message),
  );
}

function declaration(manifest: { readonly apiVersion: string; readonly kind: string }, at: number): string {
  const { apiVersion, kind } = manifest;
  const module = `kubernetes-types/${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}`;
  const imported = `import type { ${kind} as Kind${at} } from ${JSON.stringify(module)};`;
  return `${imported}\nexport const manifest${at}: Kind${at} = ${JSON.stringify(manifest)};`;
}
