import { type Keys, type Route, parseRoute } from "@wayleave/records";
import type { Revision, Store } from "@wayleave/store";
import type { Command } from "commander";

import { durationOption, formatDuration } from "../arguments/duration.ts";
import { wholeNumber } from "../arguments/pairs.ts";
import { parseRoutePlace } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { count } from "../output/count.ts";
import { createOutput } from "../output/output.ts";
import { startProgress } from "../output/progress.ts";
import { countReady } from "../reading/count-ready.ts";
import { waitUntilRouted } from "../writing/wait-until-routed.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface WaitFlags extends ConnectionFlags {
  readonly revision?: number;
  readonly route?: string;
  readonly instances?: number;
  readonly timeout: number;
  readonly json?: true;
}

const POLL_MS = 250;

const HELP = `
A router has applied a revision when it routes by it. With --route: until the route is there, its apps have that many
ready instances, and every live router has applied both.

Exit codes: 0 it is so, 1 it is not when the time is over (what is missing is named), 2 usage, 5 etcd does not answer.

Examples:
  wayleave wait --revision 42
  wayleave wait --route shop.example.com --instances 3 --timeout 2m

--json prints {"revision", "routers": [{"id", "revision"}]}, and with --route also "instances".`;

/** Adds `wayleave wait`. */
export function addWait(program: Command): void {
  const command = program
    .command("wait")
    .summary("wait until every router routes by a revision")
    .description("Wait until every live router has applied a revision, or a route with its instances.")
    .option("--revision <n>", "the revision that a write told", wholeNumber(1))
    .option("--route <host[/path]>", "a route")
    .option("--instances <n>", "ready instances that its apps must have; 1 when not said", wholeNumber(0))
    .addOption(durationOption("--timeout <duration>", "how long at most", 60_000))
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(wait);
  addConnectionOptions(command);
}

async function wait(flags: WaitFlags): Promise<void> {
  if ((flags.revision === undefined) === (flags.route === undefined)) {
    throw new CommandError("usage", "give --revision N, or --route HOST[/PATH]");
  }
  if (flags.instances !== undefined && flags.route === undefined) {
    throw new CommandError("usage", "--instances belongs to --route");
  }
  const output = createOutput({ isJson: flags.json === true });
  const deadline = Date.now() + flags.timeout;
  await withStore(flags, async ({ store, keys }) => {
    const { revision, instances } = await findRevision({ store, keys, flags, deadline });
    const timeoutMs = Math.max(1, deadline - Date.now());
    const { reached } = await waitUntilRouted(
      { store, keys, output },
      { revision, timeoutMs, isOurs: false },
    );
    output.json({ revision, routers: reached, ...(instances !== undefined && { instances }) });
    const ready = instances === undefined ? "" : `, with ${count(instances, "ready instance")}`;
    output.line(`${count(reached.length, "router")} at revision ${revision} or later${ready}`);
    output.hint("next: wayleave status");
  });
}

interface Search {
  readonly store: Store;
  readonly keys: Keys;
  readonly flags: WaitFlags;
  /** Epoch milliseconds. */
  readonly deadline: number;
}

async function findRevision(search: Search): Promise<{ revision: Revision; instances?: number }> {
  const { flags, keys, deadline } = search;
  if (flags.revision !== undefined) {
    // An etcd that is not there is told of at once, and not at the end of the wait.
    await search.store.get(keys.settings);
    return { revision: flags.revision };
  }
  const { host, path } = parseRoutePlace(flags.route ?? "");
  using progress = startProgress(`looking at ${host}${path}`);
  for (;;) {
    const seen = await lookAt(search, keys.route(host, path));
    if (typeof seen !== "string") return seen;
    progress.update(`${host}${path} ${seen}`);
    if (Date.now() + POLL_MS > deadline) {
      throw new CommandError("failed", `after ${formatDuration(flags.timeout)}: ${host}${path} ${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The revision at which the route has its instances; else what is missing. */
async function lookAt(
  { store, keys, flags }: Search,
  key: string,
): Promise<{ revision: Revision; instances: number } | string> {
  const wanted = flags.instances ?? 1;
  const { record } = await store.get(key);
  if (record === undefined) return "is no route";
  const route = parseRoute(record.value);
  if (!route.ok) return `has a record that no router can use: ${route.reason}`;
  const { ready, revision } = await countReadyOf(store, keys, route.value);
  if (ready < wanted) return `has ${ready} of ${count(wanted, "ready instance")}`;
  return { revision: Math.max(revision, record.modRevision), instances: ready };
}

async function countReadyOf(
  store: Store,
  keys: Keys,
  route: Route,
): Promise<{ ready: number; revision: Revision }> {
  const each = await Promise.all(route.to.map((destination) => countReady(store, keys, destination)));
  return {
    ready: each.reduce((total, { ready }) => total + ready, 0),
    revision: Math.max(...each.map(({ revision }) => revision)),
  };
}
