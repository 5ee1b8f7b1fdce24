import { spawn } from "node:child_process";

import type { Command } from "commander";

import { type AdminFlags, addAdminOptions } from "../admin/admin-options.ts";
import { findAdmins } from "../admin/find-admin.ts";
import { addConnectionOptions } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";

const STARTS_MS = 2_000;

const HELP = `
Prints the address of a router's dashboard, and on a terminal opens it in the browser of this machine. Where there is no
browser it says so; then open the address from a machine that has one. A router on another machine keeps its admin listener
on loopback unless it is told otherwise: ssh -L 9080:127.0.0.1:9080 MACHINE brings it here.

Exit codes: 0 ok, also without a browser; 5 no router answers.

Examples:
  wayleave open
  wayleave open --admin http://127.0.0.1:9080

--json prints {"url", "isOpened"}.`;

/** Adds `wayleave open`. */
export function addOpen(program: Command): void {
  const command = program
    .command("open")
    .summary("open the dashboard")
    .description("Open a router's dashboard in the browser.")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(open);
  addAdminOptions(command);
  addConnectionOptions(command);
}

async function open(flags: AdminFlags & { readonly json?: true }): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  const [admin] = await findAdmins(flags);
  if (admin === undefined) return;
  const url = new URL("/dashboard/", admin.url).href;
  const isOpened = output.isTerminal && (await openBrowser(url));
  output.json({ url, isOpened });
  output.line(url);
  if (!isOpened && output.isTerminal) output.warn("there is no browser here: open the address yourself");
}

/** Whether the system's own opener took it. */
function openBrowser(url: string): Promise<boolean> {
  const isMac = process.platform === "darwin";
  const hasScreen = isMac || ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].some((name) => process.env[name]);
  if (!hasScreen) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const opener = spawn(isMac ? "open" : "xdg-open", [url], { stdio: "ignore", detached: true });
  // An opener that runs on for as long as the browser has opened it.
  const timer = setTimeout(() => resolve(true), STARTS_MS);
  opener.once("error", () => resolve(false));
  opener.once("exit", (code) => resolve(code === 0));
  opener.unref();
  return promise.finally(() => clearTimeout(timer));
}
