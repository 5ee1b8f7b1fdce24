// `npm run docs`: writes every page that is made from the source.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { pages } from "./pages.ts";

const root = path.resolve(import.meta.dirname, "../..");

for (const { file, make } of pages) {
  const target = path.join(root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, await make());
  console.log(file);
}
