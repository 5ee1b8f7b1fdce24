// `npm run pack`: makes what is published in `dist/`, and says how large it is.

import path from "node:path";

import { packPackages } from "./pack-packages.ts";
import { root } from "./published-packages.ts";

for (const { file, packedBytes, unpackedBytes, files } of packPackages(path.join(root, "dist"))) {
  const sizes = `${kilobytes(packedBytes)} packed, ${kilobytes(unpackedBytes)} unpacked`;
  console.log(`${path.relative(root, file)}: ${sizes}, ${files.length} files`);
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000)} kB`;
}
