import { type TapSample, tapMessageSchema } from "@wayleave/records/api";
import type { Command } from "commander";

import { type AdminFlags, addAdminOptions } from "../admin/admin-options.ts";
import { findAdmins } from "../admin/find-admin.ts";
import { wholeNumber } from "../arguments/pairs.ts";
import { parseApp, parseHostAlone } from "../arguments/place.ts";
import { addConnectionOptions } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { padTo } from "../output/columns.ts";
import { type Output, createOutput } from "../output/output.ts";
import { paint, printable } from "../output/paint.ts";
import { SparingCount } from "../output/sparing-count.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { followRouters } from "../stream/follow-routers.ts";
import { listenForStop } from "../stream/stop-signal.ts";

interface TapFlags extends AdminFlags {
  readonly host?: string;
  readonly app?: string;
  readonly status?: string;
  readonly rate: number;
  readonly json?: true;
}

const SKIPPED_EVERY_MS = 10_000;

const HELP = `
Shows requests as they end, from all routers that answer, until Ctrl-C: at most --rate a second from each, so on busy routers
it is a sample; how many more there were is said on stderr, every 10 seconds. No header and no query is shown. While nobody listens it costs
a router nothing.

Exit codes: 0 ended by Ctrl-C or by who reads, 1 failed, 2 usage, 5 no router answers, 6 a host or app is no name.

Examples:
  wayleave tap --host shop.example.com
  wayleave tap --status 5xx
  wayleave tap --app shop --json | jq -r 'select(.totalMs > 500) | .requestId'

In a pipe: one request a line, tab-separated: time, status, method, host, path, app/id, milliseconds, failure, request id.
--json prints one request a line: {"at", "requestId", "client", "clientSubject", "method", "host", "path", "route", "app", "instance",
"status", "failure", "attempts", "totalMs", "instanceMs", "ownMs", "bytesIn", "bytesOut"}.`;

/** Adds `wayleave tap`. */
export function addTap(program: Command): void {
  const command = program
    .command("tap")
    .summary("requests as they go through")
    .description("Show requests as they go through the routers.")
    .option("--host <host>", "only requests for this host")
    .option("--app <app>", "only requests that went to this app")
    .option("--status <status>", "only these: 404, or 5xx")
    .option("--rate <n>", "at most so many a second from each router", wholeNumber(1), 20)
    .option("--json", "print JSON, one request a line")
    .addHelpText("after", wrapHelp(HELP))
    .action(tap);
  addAdminOptions(command);
  addConnectionOptions(command);
}

async function tap(flags: TapFlags): Promise<void> {
  const { host, app, status, rate } = flags;
  if (status !== undefined && !/^[1-5](?:\d\d|xx)$/.test(status))
    throw new CommandError("usage", `--status ${JSON.stringify(status)} is neither like 404 nor like 5xx`);
  const query = {
    host: host === undefined ? undefined : parseHostAlone(host),
    app: app === undefined ? undefined : parseApp(app),
    status,
    rate: String(rate),
  };
  const output = createOutput({ isJson: flags.json === true });
  using stop = listenForStop();
  using skipped = new SparingCount(SKIPPED_EVERY_MS, (count) =>
    output.warn(`and ${count} more, above --rate ${rate}`),
  );
  output.hint("requests as they end; Ctrl-C ends it");
  await followRouters({
    find: () => findAdmins(flags),
    question: { path: "/api/tap", query },
    signal: stop.signal,
    warn: (text) => output.warn(text),
    onMessage: (message) => {
      const parsed = tapMessageSchema.safeParse(message);
      if (!parsed.success) return;
      for (const sample of parsed.data.samples) tellSample(output, sample);
      skipped.add(parsed.data.skipped);
    },
  });
}

function tellSample(output: Output, sample: TapSample): void {
  const { at, status, method, host, path, app, instance, totalMs, failure, requestId } = sample;
  output.jsonLine(sample);
  const target = app === null ? "-" : `${app}/${instance ?? "-"}`;
  const ms = totalMs.toFixed(1);
  const time = new Date(at).toISOString();
  if (!output.isTerminal) {
    const cells = [time, String(status), method, host, path, target, ms, failure ?? "-", requestId];
    output.line(cells.map(printable).join("\t"));
    return;
  }
  const style = status >= 500 ? "red" : status >= 400 ? "yellow" : "green";
  const why = failure === null ? "" : `  ${paint("red", printable(failure))}`;
  output.line(
    `${time.slice(11, 23)}  ${paint(style, String(status))}  ${padTo(printable(method), 6)}  ${printable(host + path)}  ` +
      `${paint("cyan", printable(target))}  ${ms} ms${why}`,
  );
}
