// Which of the workspaces are published, and what their manifests say once they are.

import { globSync, readFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");

/** The fields of a package.json that packing looks at; all others go along as they are. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  /** What an importer may name, and the source that it gets. */
  readonly exports?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  /** Folders that are built by the package's own script and published as they are. */
  readonly files?: readonly string[];
  readonly [field: string]: unknown;
}

export interface PublishedPackage {
  /** Its folder's name in `packages/`, and in `dist/`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Every workspace that is not private. */
export function publishedPackages(): PublishedPackage[] {
  return globSync("packages/*/package.json", { cwd: root })
    .toSorted()
    .map((file) => ({ folder: path.basename(path.dirname(file)), manifest: readManifest(file) }))
    .filter(({ manifest }) => manifest.private !== true);
}

function readManifest(file: string): Manifest {
  const manifest: Manifest = JSON.parse(readFileSync(path.join(root, file), "utf8"));
  return manifest;
}

/** Of use in the repository only. The whole folder is the package, so it needs no `files`. */
const UNPUBLISHED = ["scripts", "devDependencies", "files"];

/** The manifest that is published: exports name what `tsc` emitted. */
export function publishedManifest(manifest: Manifest): Manifest {
  const { name, version, ...others } = manifest;
  const kept = Object.entries(others).filter(([field]) => !UNPUBLISHED.includes(field));
  const exports = Object.entries(manifest.exports ?? {}).map(([entry, source]) => [entry, emitted(source)]);
  return {
    name,
    version,
    ...Object.fromEntries(kept),
    exports: { ...Object.fromEntries(exports), "./package.json": "./package.json" },
  };
}

function emitted(source: string): { readonly types: string; readonly default: string } {
  const stem = source.replace(/\.ts$/, "");
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
}
