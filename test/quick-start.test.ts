// The first five minutes with Wayleave, typed as the documents have them.

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

import { type Command, eventually, freePort, startCommand } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { root, shownLines, words } from "./documents.ts";

/** What stands for what is said there: others may have those ports on this machine. */
interface Machine {
  readonly router: string;
  readonly etcd: string;
  readonly appPort: number;
}

/** What `npm start` starts; it says itself where. */
async function startDev(): Promise<{ readonly dev: Command; readonly machine: Machine }> {
  const ports = ["--port", "0", "--admin-port", "0", "--etcd-port", "0"];
  const dev = await startCommand(["dev", ...ports], { cwd: root });
  const told = await dev.waitForLine(/curl http:\S+\/hello/, { withinMs: 45_000 });
  const etcd = await dev.waitForLine(/export WAYLEAVE_ETCD=/);
  return {
    dev,
    machine: {
      router: /localhost:\d+/.exec(told)?.[0] ?? "",
      etcd: etcd.split("=")[1] ?? "",
      appPort: await freePort(),
    },
  };
}

/** Types one line; resolves with what it prints. An app goes on in the background. */
async function type(line: string, machine: Machine, apps: Command[]): Promise<string> {
  const { router, etcd, appPort } = machine;
  const env = { WAYLEAVE_ETCD: etcd, PORT: undefined };
  const here = line
    .replace(/(?:localhost|127\.0\.0\.1):8080/, router.replace("localhost", "127.0.0.1"))
    .replace("--port 3000", `--port ${appPort}`)
    .replace("npx ", "");
  if (here.startsWith("wayleave run ")) {
    const app = await startCommand(words(here).slice(1), { env, cwd: root });
    apps.push(app);
    return await app.waitForLine(/instance-registered/);
  }
  const programs = [
    path.join(root, "node_modules/.bin"),
    path.dirname(process.execPath),
    process.env["PATH"],
  ];
  const options = { cwd: root, timeout: 30_000, env: { ...process.env, ...env, PATH: programs.join(":") } };
  return (await promisify(execFile)("sh", ["-c", here], options)).stdout;
}

async function end(apps: readonly Command[]): Promise<void> {
  for (const app of apps) app.kill("SIGTERM");
  await Promise.all(apps.map((app) => app.exit));
}

describe.each([
  ["README.md", "## Five minutes", "## With an etcd of your own", [/^mine$/m]],
  ["docs/start.md", "", "## Next", [/^hello from hello-\d/, /^Name: whoami-1$/m, /^one$/, /^two$/]],
])("the quick start of %s", (document, from, to, answers) => {
  const lines = shownLines(document, from, to).filter((line) => !line.startsWith("npm "));

  it("works as it is written", { timeout: 120_000 }, async () => {
    const { dev, machine } = await startDev();
    const apps: Command[] = [];
    try {
      const printed: string[] = [];
      for (const line of lines) {
        const output = await type(line, machine, apps);
        if (line.startsWith("curl ")) printed.push(output.trimEnd());
        else expect(output).not.toBe("");
      }
      expect(printed).toEqual(answers.map((answer) => expect.stringMatching(answer)));
      expect(apps.length).toBeGreaterThan(0);
      await end(apps);
      // They left etcd before they ended.
      await eventually(async () => {
        const left = await type("npx wayleave instances ls", machine, apps);
        expect(left).not.toContain("mine");
      });
    } finally {
      // Killed, the wrappers would leave their programs running.
      await end(apps);
      await dev.close();
    }
  });
});
