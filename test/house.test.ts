// The house keeps its order: which package may import which, and documents that name files that exist.

import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.resolve(import.meta.dirname, "..");

/** What the sources of each package may import of ours. DESIGN: records <- store <- the others. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  records: [],
  store: ["@wayleave/records"],
  "embedded-etcd": [],
  router: [
    "@wayleave/records",
    "@wayleave/records/api",
    "@wayleave/records/lean",
    "@wayleave/store",
    "@wayleave/dashboard",
  ],
  registrar: ["@wayleave/records", "@wayleave/store"],
  dashboard: ["@wayleave/records", "@wayleave/records/api", "@wayleave/records/lean"],
  cli: [
    "@wayleave/records",
    "@wayleave/records/api",
    "@wayleave/store",
    "@wayleave/router",
    "@wayleave/router/certificates",
    "@wayleave/registrar",
    "@wayleave/embedded-etcd",
  ],
  testkit: ["@wayleave/records", "@wayleave/store", "@wayleave/embedded-etcd"],
};

/** Tests, and the scaffolds and suites that only they use. */
const IS_TEST = /\.test\.tsx?$|\/(?:testing|conformance|raw-cases)\//;

function sourcesOf(folder: string): string[] {
  return globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root }).filter((file) => !IS_TEST.test(file));
}

function importsOf(file: string): string[] {
  const text = readFileSync(path.join(root, file), "utf8");
  const statements =
    /^(?:import|export)\s+(?:type\s+)?(?:[\w$*{][^"';=()]*\sfrom\s+)?"([^"]+)";?$|\bimport\("([^"]+)"\)/gm;
  return [...text.matchAll(statements)].map((match) => match[1] ?? match[2] ?? "");
}

function importsFrom(folder: string, pattern: RegExp): string[] {
  return sourcesOf(folder).flatMap((file) =>
    importsOf(file)
      .filter((name) => pattern.test(name))
      .map((name) => `${file} imports ${name}`),
  );
}

function packageOf(module: string): string {
  const parts = module.split("/");
  return module.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? "");
}

describe("the packages", () => {
  it("are all known here", () => {
    const folders = globSync("packages/*/package.json", { cwd: root }).map((file) =>
      path.basename(path.dirname(file)),
    );
    expect(folders.toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
  });

  it.each(Object.entries(MAY_IMPORT))("%s imports only what is below it", (name, allowed) => {
    const ours = importsFrom(`packages/${name}/src`, /^(?:@wayleave\/|wayleave$)/);
    expect(ours.filter((line) => !allowed.includes(line.split(" imports ")[1] ?? ""))).toEqual([]);
  });

  it.each(Object.keys(MAY_IMPORT))("%s declares what it imports", (name) => {
    const manifest = JSON.parse(readFileSync(path.join(root, "packages", name, "package.json"), "utf8"));
    // What is bundled into the page is not installed with it.
    const bundled = name === "dashboard" ? Object.keys(manifest.devDependencies) : [];
    const declared = [...Object.keys(manifest.dependencies ?? {}), ...bundled];
    const outside = importsFrom(`packages/${name}/src`, /^(?!node:|\.)/).filter((line) => {
      const module = line.split(" imports ")[1] ?? "";
      return !declared.includes(packageOf(module));
    });
    expect(outside).toEqual([]);
  });

  it.each(Object.keys(MAY_IMPORT))("%s declares what its tests import", (name) => {
    const manifest = JSON.parse(readFileSync(path.join(root, "packages", name, "package.json"), "utf8"));
    const workspace = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    const all = [manifest.dependencies, manifest.devDependencies, workspace.devDependencies];
    const declared = all.flatMap((dependencies) => Object.keys(dependencies ?? {}));
    const tests = globSync(`packages/${name}/src/**/*.ts`, { cwd: root }).filter((file) =>
      IS_TEST.test(file),
    );
    const outside = tests.flatMap((file) =>
      importsOf(file)
        .filter((module) => !/^(?:node:|\.)/.test(module))
        .map((module) => ({ file, module })),
    );
    expect(outside.filter(({ module }) => !declared.includes(packageOf(module)))).toEqual([]);
  });

  it("keep records free of Node, so that a browser may import it", () => {
    expect(importsFrom("packages/records/src", /^node:/)).toEqual([]);
  });

  it("reach into no other package past what it exports", () => {
    expect(
      importsFrom(
        "packages",
        /^@wayleave\/(?!records\/(?:api|lean)$|router\/certificates$)[^/]+\/|\.\.\/(?:\.\.\/)*(?:records|store|cli|registrar|testkit)\//,
      ),
    ).toEqual([]);
  });
});

describe("the router's two paths", () => {
  it("meet in the table: the request path and the engines never read the store", () => {
    const requestSide = ["request", "engine", "table"].map((folder) => `packages/router/src/${folder}`);
    expect(requestSide.flatMap((folder) => importsFrom(folder, /^@wayleave\/store|\/control\//))).toEqual([]);
  });

  it("keep the table pure: it imports no I/O", () => {
    expect(importsFrom("packages/router/src/table", /^node:(?!crypto$)/)).toEqual([]);
  });
});

describe("the documents", () => {
  const pages = globSync(["docs/**/*.md", "packages/*/README.md"], { cwd: root });
  const documents = ["README.md", "ARCHITECTURE.md", ...pages];

  it.each(documents)("%s names only files that exist", (document) => {
    const text = readFileSync(path.join(root, document), "utf8");
    // A regular expression in code may look like a link.
    const prose = text.replaceAll(/`[^`]*`/g, "");
    const links = [...prose.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map((match) =>
      besides(document, match[1] ?? ""),
    );
    const named = [...text.matchAll(/`((?:packages|test|bench|deploy|docs|scripts)\/[\w./@-]*)`/g)].map(
      (match) => match[1] ?? "",
    );
    expect([...links, ...named].filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it.each(documents)("%s links only to headings that exist", (document) => {
    const text = readFileSync(path.join(root, document), "utf8");
    const missing = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)/g)]
      .map(([, file = "", anchor = ""]) => ({
        file: file === "" ? document : besides(document, file),
        anchor,
      }))
      .filter(({ file, anchor }) => !anchorsOf(file).includes(anchor));
    expect(missing).toEqual([]);
  });

  it("assign no function to a property where it is written, where requests pass: V8 would keep it and what it holds", () => {
    const assigned = /^[^/"]*[\w\])]\.#?\w+ (?:\?\?)?= (?:async )?(?:\([^)]*\)|\w+)(?:: [^=]+)? =>/gm;
    const found = ["engine", "request", "table"].flatMap((part) =>
      sourcesOf(`packages/router/src/${part}`).flatMap((file) =>
        [...readFileSync(path.join(root, file), "utf8").matchAll(assigned)].map(
          ([line]) => `${file}: ${line.trim()}`,
        ),
      ),
    );
    expect(found).toEqual([]);
  });

  it("keep ARCHITECTURE.md to 200 lines", () => {
    expect(readFileSync(path.join(root, "ARCHITECTURE.md"), "utf8").split("\n").length).toBeLessThanOrEqual(
      200,
    );
  });
});

/** A link's target, from the root. */
function besides(document: string, link: string): string {
  return path.relative(root, path.resolve(root, path.dirname(document), link));
}

/** What a document's headings are linked to by. */
function anchorsOf(document: string): string[] {
  const text = readFileSync(path.join(root, document), "utf8");
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}
