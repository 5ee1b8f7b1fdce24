// `npm pack` and `npm publish` of a workspace itself: it holds sources, which Node does not run below `node_modules`.

console.error(
  "What is published is emitted: `npm run pack` in the repository makes it, a tarball a package, in dist/.",
);
process.exitCode = 1;
