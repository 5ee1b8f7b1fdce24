import { type Command, Option } from "commander";

import { type AdminFlags, addAdminOptions } from "../admin/admin-options.ts";
import { addConnectionOptions } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { type Output, createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { listenForStop } from "../stream/stop-signal.ts";
import { Fleet } from "../top/fleet.ts";
import { followFleet } from "../top/follow-fleet.ts";
import { topTable } from "../top/render-top.ts";
import { TOP_ORDERS, type TopOrder, selectRows } from "../top/select-rows.ts";
import { showScreen } from "../top/show-screen.ts";

interface TopFlags extends AdminFlags {
  readonly sort: TopOrder;
  readonly filter: string;
  readonly once?: true;
  readonly json?: true;
}

const EVERY_MS = 1_000;
const FIRST_WITHIN_MS = 15_000;

const HELP = `
Every route with its requests a second, the share of errors (5xx, and answers that were cut), its percentiles and its live
instances, over the last 10 seconds and all routers that answer: rates add up, percentiles are those of the worst router. On a
terminal it is drawn anew each second; the keys are told on the screen. In a pipe, and with --once, it is one table.

Exit codes: 0 ok, also when it is ended by q or Ctrl-C; 1 failed, 2 usage, 5 no router answers.

Examples:
  wayleave top
  wayleave top --once --sort errors --filter shop
  wayleave top --json | jq '.totals.requestsPerSecond'

In a pipe: one route a line, tab-separated, without headings: route, destinations, health, live of all instances, requests a
second, errors, p50, p95, p99, active requests.
--json prints one line a second, or one with --once: {"at", "routers": [{"id", "state", "revision", "health"}], "totals":
{"requestsPerSecond", "errorsPerSecond", "p50Ms", "p95Ms", "p99Ms", "active", "connections"}, "routes": [{"host", "path",
"apps", "requestsPerSecond", "errorShare", "p50Ms", "p95Ms", "p99Ms", "active", "health", "live", "instances"}]}.`;

/** Adds `wayleave top`. */
export function addTop(program: Command): void {
  const command = program
    .command("top")
    .summary("live figures of the routes")
    .description("Show the routes with their live figures.")
    .addOption(new Option("--sort <order>", "what stands first").choices(TOP_ORDERS).default("requests"))
    .option("--filter <text>", "only routes that have this in their place or app", "")
    .option("--once", "one table, and no screen")
    .option("--json", "print JSON, one line a second")
    .addHelpText("after", wrapHelp(HELP))
    .action(top);
  addAdminOptions(command);
  addConnectionOptions(command);
}

async function top(flags: TopFlags): Promise<void> {
  const { sort: order, filter } = flags;
  const output = createOutput({ isJson: flags.json === true });
  using stop = listenForStop();
  if (output.isTerminal && flags.once !== true && !output.isJson)
    return await showScreen(flags, { order, filter }, stop);
  const fleet = new Fleet();
  const isEndless = output.isJson && flags.once !== true;
  const told = { count: 0 };
  const tell = (): void => {
    if (told.count > 0 && !isEndless) return;
    told.count += 1;
    tellOnce(output, fleet, flags);
    if (!isEndless) stop.stop();
  };
  const timer = setInterval(() => fleet.isWhole && tell(), EVERY_MS);
  const tooLate = setTimeout(() => told.count === 0 && stop.stop(), FIRST_WITHIN_MS);
  const onChange = (): void => {
    if (told.count === 0 && fleet.isWhole) tell();
  };
  try {
    await followFleet(fleet, flags, { signal: stop.signal, warn: (text) => output.warn(text), onChange });
  } finally {
    clearInterval(timer);
    clearTimeout(tooLate);
  }
  if (told.count === 0 && !stop.isAsked)
    throw new CommandError("unreachable", `no router told its figures within ${FIRST_WITHIN_MS / 1_000} s`);
}

function tellOnce(output: Output, fleet: Fleet, { sort, filter }: TopFlags): void {
  const routes = selectRows(fleet.rows(), { order: sort, filter });
  const routers = fleet
    .statuses()
    .map(({ id, state, revision, health }) => ({ id, state, revision, health: health.level }));
  output.jsonLine({ at: Date.now(), routers, totals: fleet.totals(), routes });
  output.table(topTable(routes));
}
