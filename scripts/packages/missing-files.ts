import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";

import type { Manifest } from "./published-packages.ts";

/**
 * What a package's manifest, programs and declarations name of their own and is not in `folder`, from there. `tsc` says nothing
 * when it leaves a file out that another one imports.
 */
export function missingFiles(folder: string): string[] {
  const code = globSync("**/*.{js,d.ts}", { cwd: folder });
  const named = [...namedByManifest(folder), ...code.flatMap((file) => importedBy(folder, file))];
  return [...new Set(named)].filter((file) => !existsSync(path.join(folder, file)));
}

function namedByManifest(folder: string): string[] {
  const manifest: Manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const targets: unknown[] = Object.values({ ...manifest.exports, ...manifest.bin });
  const files = targets.flatMap((each) => (typeof each === "object" ? Object.values(each ?? {}) : [each]));
  return files.map(String).map((file) => path.normalize(file));
}

function importedBy(folder: string, file: string): string[] {
  const text = readFileSync(path.join(folder, file), "utf8");
  const imports = text.matchAll(/^(?:import|export|\}) [^"]*"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/gm);
  return [...imports].map(([, from = "", lazily = ""]) => {
    const target = path.join(path.dirname(file), from + lazily);
    // Declarations name each other as their sources did.
    return file.endsWith(".d.ts") ? target.replace(/\.ts$/, ".d.ts") : target;
  });
}
