// Each published package, packed and installed in an empty folder, does there what it does here.

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";

import { startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { ask, startCommand, startDemoApp } from "@wayleave/testkit";
import { beforeAll, describe, expect, it } from "vitest";

import { publishedPackages, root } from "../../scripts/packages/published-packages.ts";
import { wayleave } from "../cluster.ts";
import { type Installation, TSC, installPackages, runIn } from "./installed.ts";

const EXAMPLE = `
  const store = openStore({ endpoints: [process.env.ETCD ?? ""] });
  const registration = await register({ store, app: "shop", port: Number(process.env.PORT), address: "127.0.0.1" });
  console.log(JSON.stringify(await store.list("/wayleave/table/instances/")));
  await registration.leave();
  await store.close();
`;
const IMPORTS = `
  import { register } from "@wayleave/registrar";
  import { openStore } from "@wayleave/store";
`;

let installation: Installation;

beforeAll(async () => {
  installation = await installPackages();
}, 240_000);

describe("a published package", () => {
  const names = publishedPackages().map(({ manifest }) => manifest.name);

  it("is every workspace but the testkit", () => {
    expect(installation.tarballs.map(({ name }) => name)).toEqual(names);
    expect(names).toContain("wayleave");
    expect(names).not.toContain("@wayleave/testkit");
  });

  it.each(names)("%s has its licence and its page, no test and no source that Node would not run", (name) => {
    const files = installation.tarballs.find((tarball) => tarball.name === name)?.files ?? [];
    expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
    const unwanted = /\.test\.|(?:^|\/)(?:testing|conformance|raw-cases|node_modules)\/|(?<!\.d)\.ts$/;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
  });

  it("is what is tested here: each program is its source without the types, and nothing else", () => {
    const programs = globSync("*/src/**/*.js", { cwd: installation.emitted });
    expect(programs.length).toBeGreaterThan(300);
    const others = programs.filter((file) => {
      const emitted = readFileSync(path.join(installation.emitted, file), "utf8");
      const source = readFileSync(path.join(root, "packages", file.replace(/js$/, "ts")), "utf8");
      return bare(emitted) !== bare(stripTypeScriptTypes(source));
    });
    expect(others).toEqual([]);
  });
});

/** Code without comments and what a printer may set as it likes; imports of `.ts` are imports of `.js`. */
function bare(code: string): string {
  const statements = code.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, "");
  const joined = statements.replaceAll(/\.ts(?=["'`])/g, ".js").replaceAll(/[\s;,()]/g, "");
  return joined.replaceAll("export{}", "");
}

describe("the installed command", () => {
  it("tells its version", async () => {
    const version = await runIn(installation.folder, "npx", ["--no-install", "wayleave", "--version"]);
    expect(version.trim()).toBe(publishedPackages()[0]?.manifest.version);
  });

  it("`wayleave dev` answers by its demo apps", { timeout: 60_000 }, async () => {
    const ports = ["--port", "0", "--admin-port", "0", "--etcd-port", "0"];
    await using dev = await startCommand(["dev", ...ports], inFolder());
    const line = await dev.waitForLine(/curl http:\S+\/hello/, { withinMs: 45_000 });
    const url = /http:\S+\/hello/.exec(line)?.[0] ?? "";
    expect(await (await fetch(url)).text()).toMatch(/^hello from hello-\d/);
    dev.kill("SIGTERM");
    expect(await dev.exit).toMatchObject({ code: 0 });
  });

  it("`wayleave router --workers 2` routes by etcd", { timeout: 60_000 }, async () => {
    await using etcd = await startEmbeddedEtcd();
    await using app = await startDemoApp({ name: "shop" });
    await wayleave([etcd.endpoint], "routes", "set", "shop.example", "--to", "shop");
    await wayleave([etcd.endpoint], "instances", "set", "shop/1", `127.0.0.1:${app.port}`);
    const flags = ["--etcd", etcd.endpoint, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    await using router = await startCommand(["router", "--workers", "2", ...flags], inFolder());
    const { listen, admin } = JSON.parse(await router.waitForLine(/"router-started"/));
    expect(await ask(portOf(listen), "shop.example")).toMatchObject({ status: 200 });
    const workers = await fetch(`http://${admin}/api/workers`);
    expect(JSON.stringify(await workers.json()).match(/"pid"/g)).toHaveLength(2);
    const page = await (await fetch(`http://${admin}/dashboard/`)).text();
    const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? "";
    expect((await fetch(new URL(script, `http://${admin}/dashboard/`))).status).toBe(200);
    router.kill("SIGTERM");
    expect(await router.exit).toMatchObject({ code: 0 });
  });
});

describe("the installed libraries", () => {
  it.each([
    ["a module", "example.mjs", `${IMPORTS}${EXAMPLE}`],
    [
      "CommonJS, by require",
      "example.cjs",
      `const { register } = require("@wayleave/registrar");
       const { openStore } = require("@wayleave/store");
       (async () => {${EXAMPLE}})();`,
    ],
    ["TypeScript, run by Node", "example.ts", `${IMPORTS}${EXAMPLE}`],
  ])("register an instance from %s", async (_, file, text) => {
    await using etcd = await startEmbeddedEtcd();
    await using app = await startDemoApp({ name: "shop" });
    writeFileSync(path.join(installation.folder, file), text);
    const env = { ETCD: etcd.endpoint, PORT: String(app.port) };
    await using run = await startCommand([], { ...inFolder(file), env });
    expect([(await run.exit).code, run.stderr()]).toEqual([0, ""]);
    const { records } = JSON.parse(run.stdout());
    expect(records).toEqual([
      expect.objectContaining({ key: expect.stringMatching(/^\/wayleave\/table\/instances\/shop\//) }),
    ]);
  });

  it("have types that hold by themselves, those of what they import too", async () => {
    const exported = publishedPackages().flatMap(({ manifest }) =>
      Object.keys(manifest.exports ?? {}).map((name) => path.posix.join(manifest.name, name)),
    );
    const imports = exported.map((name) => `export type {} from "${name}";\nimport "${name}";`);
    writeFileSync(path.join(installation.folder, "types.ts"), [...imports, IMPORTS, EXAMPLE].join("\n"));
    expect(await compile("types.ts")).toBe("");
    writeFileSync(path.join(installation.folder, "wrong.ts"), EXAMPLE.replace('"shop"', "1").concat(IMPORTS));
    await expect(compile("wrong.ts")).rejects.toThrow("Type 'number' is not assignable to type 'string'");
  });
});

/** What the compiler says of a user's file, and of every declaration that it leads to. */
function compile(file: string): Promise<string> {
  const flags = "--noEmit --strict --module nodenext --target es2024 --skipLibCheck false --types node";
  const args = [...flags.split(" "), "--lib", "es2024,esnext.disposable", file];
  return runIn(installation.folder, process.execPath, [TSC, ...args]);
}

/** How a program of the installation is started; default: the command. */
function inFolder(program?: string): { readonly cwd: string; readonly program: string } {
  const { folder, wayleave: command } = installation;
  return { cwd: folder, program: program === undefined ? command : path.join(folder, program) };
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}
