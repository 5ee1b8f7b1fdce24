#!/usr/bin/env node
// Plain JavaScript, so that an old Node prints one clear line instead of a syntax error.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `wayleave needs Node 24 or later and was started by Node ${process.versions.node}. ` +
      "In a checkout, `npx wayleave` takes the Node that the repository brings.",
  );
  process.exit(1);
}
await import("../src/main.ts");
