// From sources to tarballs: emit, complete, check, pack. In the repository Node strips the types itself; it does not do so below
// `node_modules`, so what is published is the same files with the types taken out by `tsc`, at the same places: a path
// that one file has to another holds in both.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { missingFiles } from "./missing-files.ts";
import { type PublishedPackage, publishedManifest, publishedPackages, root } from "./published-packages.ts";

/** One tarball; sizes in bytes. */
export interface Tarball {
  readonly name: string;
  readonly file: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly files: readonly string[];
}

/**
 * Makes every published package below `into`, which is emptied first, and a tarball of each beside them. Throws with what `tsc`
 * or `npm pack` says, and when a file names one that is not there. What a package's own `build` makes (the dashboard's page) has
 * to be there.
 */
export function packPackages(into: string): Tarball[] {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  run("tsc", ["-p", "tsconfig.build.json", "--outDir", into]);
  const packages = publishedPackages();
  for (const each of packages) complete(each, path.join(into, each.folder));
  return packages.map(({ folder }) => pack(path.join(into, folder), into));
}

/** Adds what is not emitted. */
function complete({ folder, manifest }: PublishedPackage, target: string): void {
  const source = path.join(root, "packages", folder);
  mkdirSync(target, { recursive: true });
  for (const each of manifest.files ?? []) {
    cpSync(path.join(source, each), path.join(target, each), { recursive: true });
  }
  cpSync(path.join(root, "LICENSE"), path.join(target, "LICENSE"));
  cpSync(path.join(source, "README.md"), path.join(target, "README.md"));
  writeFileSync(
    path.join(target, "package.json"),
    `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`,
  );
}

function pack(folder: string, into: string): Tarball {
  const missing = missingFiles(folder);
  if (missing.length > 0) throw new Error(`not in ${folder}: ${missing.join(", ")}`);
  const told = run("npm", ["pack", folder, "--pack-destination", into, "--json"]);
  const [tarball]: NpmPacked[] = Object.values(JSON.parse(told));
  if (tarball === undefined) throw new Error(`npm pack told nothing of ${folder}`);
  const { name, filename, size, unpackedSize, files } = tarball;
  return {
    name,
    file: path.join(into, filename),
    packedBytes: size,
    unpackedBytes: unpackedSize,
    files: files.map((each) => each.path),
  };
}

/** What `npm pack --json` says of a package. */
interface NpmPacked {
  readonly name: string;
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

function run(program: string, args: readonly string[]): string {
  const ours = path.join(root, "node_modules/.bin", program);
  return execFileSync(existsSync(ours) ? ours : program, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
}
