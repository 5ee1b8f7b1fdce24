#!/usr/bin/env node
// Plain JavaScript, so that an old Node prints one clear line instead of a syntax error.
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `wayleave needs Node 24 or later and was started by Node ${process.versions.node}. ` +
      "In a checkout, `npx wayleave` takes the Node that the repository brings.",
  );
  process.exit(1);
}
// To read all files anew takes longer than most commands do. In the user's own directory and not in /tmp, where somebody
// else could leave code for us; where it cannot be written, Node goes on without it.
module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "wayleave"));
await import("../src/main.ts");
