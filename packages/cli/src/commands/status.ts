import type { Destination } from "@wayleave/records";
import type { MemberStatus } from "@wayleave/store";
import type { Command } from "commander";

import { formatDuration } from "../arguments/duration.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { count } from "../output/count.ts";
import { type Output, createOutput } from "../output/output.ts";
import { paint } from "../output/paint.ts";
import { type ReadReplicas, readReplicas } from "../reading/read-replicas.ts";
import { type ReadTable, isLeased, readTable } from "../reading/read-table.ts";
import { warnOfBad } from "../reading/warn-of-bad.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface StatusFlags extends ConnectionFlags {
  readonly json?: true;
}

const SHOWN = 10;

const HELP = `
The members of etcd, the live routers and how far each has come, what the table holds, records that no router can
use, and routes that lead to no ready instance.

Examples:
  wayleave status
  wayleave status --json | jq '.routers[] | select(.isBehind)'

--json prints {"etcd": [{"endpoint", "isReachable", "version", "isLeader", "revision", "dbBytes", "latencyMs",
"alarms", "error"}], "routers": [{"id", "admin", "revision", "isBehind", "version", "since", "workers"}],
"table": {"revision", "routes", "instances", "staticInstances", "drainingInstances"}, "bad": [{"key",
"revision", "reason"}], "routesWithoutInstances": ["host/path", ...]}; table.revision is that of the newest record.`;

/** Adds `wayleave status`. */
export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .summary("how etcd, the routers and the table are")
    .description("Show how etcd, the routers and the table are.")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(status);
  addConnectionOptions(command);
}

async function status(flags: StatusFlags): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const [table, read, members] = await Promise.all([
      readTable(store, keys),
      readReplicas(store, keys),
      store.status(),
    ]);
    const summary = summarize(table);
    const routers = read.replicas.map((replica) => ({
      ...replica,
      isBehind: replica.revision < summary.revision,
    }));
    const bad = [...table.bad, ...read.bad];
    const empty = routesWithoutInstances(table);
    output.json({ etcd: members, routers, table: summary, bad, routesWithoutInstances: empty });
    tellMembers(output, members);
    tellRouters(output, routers, keys.prefix);
    tellTable(output, summary, empty);
    warnOfBad(output, bad);
  });
}

function summarize({ settings, routes, instances }: ReadTable) {
  const stored = [...routes, ...instances, ...(settings === undefined ? [] : [settings])].map(
    (read) => read.stored,
  );
  return {
    revision: stored.reduce((newest, { modRevision }) => Math.max(newest, modRevision), 0),
    routes: routes.length,
    instances: instances.length,
    staticInstances: instances.filter((read) => !isLeased(read.stored)).length,
    drainingInstances: instances.filter(({ parsed }) => parsed.instance.state === "draining").length,
  };
}

function routesWithoutInstances({ routes, instances }: ReadTable): string[] {
  const ready = instances.filter(({ parsed }) => parsed.instance.state === "ready");
  const versionsByApp = new Map<string, Set<string | undefined>>();
  for (const { parsed } of ready) {
    const versions = versionsByApp.get(parsed.app) ?? new Set();
    versionsByApp.set(parsed.app, versions.add(parsed.instance.version));
  }
  const hasInstance = ({ app, version }: Destination): boolean => {
    const versions = versionsByApp.get(app);
    return versions !== undefined && (version === undefined || versions.has(version));
  };
  return routes
    .filter(({ parsed }) => !parsed.route.to.some(hasInstance))
    .map(({ parsed }) => parsed.host + parsed.path);
}

function tellMembers(output: Output, members: readonly MemberStatus[]): void {
  output.line(paint("bold", "etcd"));
  output.table({
    headings: ["ENDPOINT", "STATE", "VERSION", "ROLE", "REVISION", "SIZE", "ANSWERS IN"],
    rows: members.map((member) => [
      member.endpoint,
      member.isReachable ? (member.alarms ?? []).join(",") || "ok" : `down: ${member.error ?? "no answer"}`,
      member.version ?? "-",
      member.isLeader === undefined ? "-" : member.isLeader ? "leader" : "follower",
      String(member.revision ?? "-"),
      member.dbBytes === undefined ? "-" : `${(member.dbBytes / 1024 / 1024).toFixed(1)} MiB`,
      member.latencyMs === undefined ? "-" : `${member.latencyMs.toFixed(1)} ms`,
    ]),
  });
}

function tellRouters(
  output: Output,
  routers: readonly (ReadReplicas["replicas"][number] & { readonly isBehind: boolean })[],
  prefix: string,
): void {
  output.line();
  output.line(paint("bold", "routers"));
  if (routers.length === 0) return output.line(`none is running under ${prefix}`);
  output.table({
    headings: ["ROUTER", "REVISION", "STATE", "ADMIN", "VERSION", "UP"],
    rows: routers.map(({ id, revision, isBehind, admin, version, since }) => [
      id,
      String(revision),
      isBehind ? "behind" : "current",
      admin,
      version,
      formatDuration(Math.max(0, Date.now() - Date.parse(since))),
    ]),
  });
}

function tellTable(output: Output, summary: ReturnType<typeof summarize>, empty: readonly string[]): void {
  const { revision, routes, instances, staticInstances, drainingInstances } = summary;
  output.line();
  output.line(paint("bold", "table"));
  output.line(
    `${count(routes, "route")}, ${count(instances, "instance")} (${staticInstances} static, ${drainingInstances} draining), newest revision ${revision}`,
  );
  if (empty.length === 0) return;
  const more = empty.length > SHOWN ? ` and ${empty.length - SHOWN} more` : "";
  output.line(paint("yellow", `without a ready instance: ${empty.slice(0, SHOWN).join(", ")}${more}`));
}
