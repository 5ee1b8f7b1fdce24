import { reloadResultSchema } from "@wayleave/records/api";
import type { Command } from "commander";

import { askAdmin } from "../admin/admin-listener.ts";
import { parseAdminUrl, tokenOf } from "../admin/admin-options.ts";
import { durationOption } from "../arguments/duration.ts";
import { count } from "../output/count.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { setting } from "../settings.ts";

interface ReloadFlags {
  readonly admin: string;
  readonly adminTokenFile?: string;
  readonly timeout: number;
  readonly json?: true;
}

const HELP = `
For after an upgrade: a router's workers are replaced one by one by the code on disk, as SIGHUP does it, and no request
is lost. A replaced worker takes no new connection; its WebSockets live on for up to an hour. The main process stays as it
is. When a new worker does not come up, the old ones stay, and this ends with 1.

Examples:
  wayleave reload
  wayleave reload --admin http://127.0.0.1:9080 --json

--json prints {"workers": [{"place", "replaced", "pid"}], "tookMs"}.`;

/** Adds `wayleave reload`. */
export function addReload(program: Command): void {
  program
    .command("reload")
    .summary("replace a router's workers by the code on disk")
    .description(
      "Replace the workers of the router on this machine by the code on disk, without losing a request.",
    )
    .addOption(setting("--admin <url>", "its admin listener").default("http://127.0.0.1:9080"))
    .addOption(setting("--admin-token-file <file>", "file that holds its token"))
    .addOption(durationOption("--timeout <duration>", "how long at most", 600_000))
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(reload);
}

async function reload(flags: ReloadFlags): Promise<void> {
  const { admin, timeout, json } = flags;
  const token = await tokenOf(flags);
  const output = createOutput({ isJson: json === true });
  const question = { path: "/api/reload", method: "POST", timeoutMs: timeout } as const;
  const result = reloadResultSchema.parse(await askAdmin({ url: parseAdminUrl(admin), token }, question));
  if (json === true) return output.json(result);
  const pids = result.workers.map(({ replaced, pid }) => `${replaced ?? "nobody"} by ${pid}`).join(", ");
  output.line(`replaced ${count(result.workers.length, "worker")} in ${result.tookMs} ms: ${pids}`);
}
