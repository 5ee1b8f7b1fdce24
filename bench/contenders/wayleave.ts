import { writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "@wayleave/testkit";

import { VERSION } from "../../packages/router/src/version.ts";
import type { Contender, Setup } from "./contender.ts";
import { HOST } from "./contender.ts";

/** The command as it is installed. */
export const WAYLEAVE = fileURLToPath(new URL("../../packages/cli/bin/wayleave.js", import.meta.url));

/** `wayleave router`: a main process, as nginx has a master, and one worker that takes requests. */
export const wayleave: Contender = {
  name: "wayleave",
  hasAccessLog: true,
  takesTls: true,
  setUp: "wayleave router --table FILE --workers 1: a main process and one worker",
  version: () => Promise.resolve(VERSION),
  async plan(setup, port) {
    const file = path.join(setup.folder, "routes.yaml");
    await writeFile(file, table(setup));
    const flags = [...(await routerFlags(port, setup.accessLog)), ...tlsFlags(setup)];
    return { command: process.execPath, args: [WAYLEAVE, ...flags, "--table", file] };
  },
};

/** The flags of every router of the benchmarks. */
export async function routerFlags(port: number, accessLog = false): Promise<string[]> {
  const admin = `127.0.0.1:${await freePort()}`;
  const listeners = ["--listen", `127.0.0.1:${port}`, "--admin", admin];
  return ["router", ...listeners, "--workers", "1", "--access-log", accessLog ? "json" : "off"];
}

const tlsFlags = ({ tls }: Setup): string[] =>
  tls === undefined ? [] : ["--listen-tls", `127.0.0.1:${tls.port}`, "--certificates", path.dirname(tls.pem)];

const table = ({ instances }: Setup): string => `
routes:
  ${HOST}: { to: [{ app: app }] }
instances:
${instances.map((port, at) => `  app/s${at}: { address: 127.0.0.1, port: ${port} }`).join("\n")}
`;
