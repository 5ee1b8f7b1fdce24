import { type LiveEvent, liveEventSchema, streamMessageSchema } from "@wayleave/records/api";
import type { Command } from "commander";

import { askAdmin } from "../admin/admin-listener.ts";
import { type AdminFlags, addAdminOptions } from "../admin/admin-options.ts";
import { findAdmins } from "../admin/find-admin.ts";
import { parseDurationMs } from "../arguments/duration.ts";
import { addConnectionOptions } from "../connection.ts";
import { type Output, createOutput } from "../output/output.ts";
import { paint, printable } from "../output/paint.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { followRouters } from "../stream/follow-routers.ts";
import { listenForStop } from "../stream/stop-signal.ts";

interface EventsFlags extends AdminFlags {
  readonly since?: number;
  readonly follow?: true;
  readonly json?: true;
}

const STYLE = { info: "dim", warn: "yellow", error: "red" } as const;
const KIND_COLUMNS = "address-taken-over".length;

const HELP = `
Each router remembers what it saw since it started: instances that registered, drained, expired or were left out, routes that
changed, records that were rejected, etcd lost and back, with etcd's revision. One router is asked, since all of them see
the same records; what concerns one router alone (ejected, etcd-lost, worker-ended) is in its own memory: --admin.

Exit codes: 0 ok (also when Ctrl-C ends --follow), 1 failed, 2 usage, 5 no router answers.

Examples:
  wayleave events --since 10m
  wayleave events --follow
  wayleave events --follow --json | jq -r 'select(.level != "info") | .text'

In a pipe: one event a line, tab-separated: time, level, kind, revision, text.
--json prints one event a line: {"sequence", "at", "kind", "level", "revision", "text", "host", "path", "app",
"instance", "key", "actor"}; at is in epoch milliseconds, and what does not concern an event is not in it.`;

/** Adds `wayleave events`. */
export function addEvents(program: Command): void {
  const command = program
    .command("events")
    .summary("what happened, and what happens")
    .description("Show what happened, as a router saw it.")
    .option("--since <duration>", "only what is no older than this", parseDurationMs)
    .option("--follow", "go on with what happens, until Ctrl-C")
    .option("--json", "print JSON, one event a line")
    .addHelpText("after", wrapHelp(HELP))
    .action(events);
  addAdminOptions(command);
  addConnectionOptions(command);
}

async function events(flags: EventsFlags): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  const since = flags.since === undefined ? 0 : Date.now() - flags.since;
  const tell = (event: LiveEvent): void => {
    if (event.at >= since) tellEvent(output, event);
  };
  if (flags.follow === true) return await followEvents(flags, output, tell);
  const [admin] = await findAdmins(flags);
  if (admin === undefined) return;
  const answer = await askAdmin(admin, { path: "/api/events", query: { limit: "1000" } });
  const told = Array.isArray(answer) ? answer.map((event) => liveEventSchema.parse(event)) : [];
  for (const event of told) tell(event);
  if (told.length === 0) output.hint(`nothing has happened since the router at ${admin.url} started`);
  else output.hint("go on: wayleave events --follow");
}

async function followEvents(
  flags: EventsFlags,
  output: Output,
  tell: (event: LiveEvent) => void,
): Promise<void> {
  using stop = listenForStop();
  // After a reconnect the router tells its last events again; a router that was restarted counts anew.
  let last = { sequence: 0, at: 0 };
  await followRouters({
    find: async () => (await findAdmins(flags)).slice(0, 1),
    question: { path: "/api/stream", query: { topics: "events" } },
    signal: stop.signal,
    warn: (text) => output.warn(text),
    onMessage: (message) => {
      const { data } = streamMessageSchema.safeParse(message);
      for (const event of data?.kind === "events" ? data.events : []) {
        if (event.sequence <= last.sequence && event.at <= last.at) continue;
        last = event;
        tell(event);
      }
    },
  });
}

function tellEvent(output: Output, event: LiveEvent): void {
  const { at, level, kind, revision, text } = event;
  output.jsonLine(event);
  const time = new Date(at).toISOString();
  if (!output.isTerminal) {
    output.line([time, level, kind, revision ?? "-", printable(text)].join("\t"));
    return;
  }
  const clock = new Date(at).toLocaleTimeString("en-GB");
  const where = revision === null ? "" : paint("dim", `  revision ${revision}`);
  output.line(`${clock}  ${paint(STYLE[level], kind.padEnd(KIND_COLUMNS))}  ${printable(text)}${where}`);
}
