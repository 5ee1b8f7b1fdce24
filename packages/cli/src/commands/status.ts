import { statusSchema } from "@wayleave/records/api";
import { waitForReplicas } from "@wayleave/registrar";
import type { Store } from "@wayleave/store";
import type { Keys } from "@wayleave/records";
import type { Command } from "commander";

import { type AdminListener, askAdmin } from "../admin/admin-listener.ts";
import { type AdminFlags, namedAdmin, tokenOf } from "../admin/admin-options.ts";
import { viewCertificates } from "../certificates/certificate-view.ts";
import { addConnectionOptions, withStore } from "../connection.ts";
import { EXIT } from "../exit-codes.ts";
import { count } from "../output/count.ts";
import { type Output, createOutput } from "../output/output.ts";
import { withProgress } from "../output/progress.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type ReadReplicas, readReplicas } from "../reading/read-replicas.ts";
import { readTable } from "../reading/read-table.ts";
import { warnOfBad } from "../reading/warn-of-bad.ts";
import { askRouters } from "../status/ask-routers.ts";
import { judgeStatus } from "../status/judge-status.ts";
import {
  type StatusRouter,
  summarizeTable,
  tellMembers,
  tellRouters,
  tellTable,
} from "../status/render-status.ts";
import { setting } from "../settings.ts";
import { healthOfRoutes } from "../status/route-health.ts";
import { tellHealth } from "../status/tell-health.ts";

interface StatusFlags extends AdminFlags {
  readonly json?: true;
}

/** Routers publish how far they are four times a second: one that is behind for longer than this really is. */
const CATCH_UP_MS = 600;

const HELP = `
What is wrong first: routes whose apps have no instance that could answer, records that no router can use, routers that are
behind, members of etcd that do not answer; and what each router says itself, as instances that it left out because they
fail. Then the members of etcd, the live routers and what the table holds. With --admin one router is asked instead, and
etcd is not: for when etcd is away, and for a router with a static table.

Exit codes: 0 nothing is wrong, 1 something is (degraded or down), 5 etcd, or the router of --admin, does not answer.

Examples:
  wayleave status
  wayleave status --admin http://127.0.0.1:9080
  wayleave status --json | jq '.health.reasons[] | .text'

--json prints {"health": {"level": "ok|degraded|down", "reasons": [{"level", "code", "text", "count", "names",
"routers"}]}, "etcd": [{"endpoint", "isReachable", "version", "isLeader", "revision", "dbBytes", "latencyMs",
"alarms", "error"}], "routers": [{"id", "admin", "revision", "isBehind", "version", "since", "workers", "health",
"error"}], "table": {"revision", "routes", "instances", "staticInstances", "drainingInstances"}, "bad": [{"key",
"revision", "reason"}], "routesWithoutInstances": ["host/path", ...]}; table.revision is that of the newest record. With
--admin it prints {"health", "router"}: the router's own status.`;

/** Adds `wayleave status`. */
export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .summary("what is wrong, and how etcd, the routers and the table are")
    .description("Show what is wrong, and how etcd, the routers and the table are.")
    // No setting: in a router's own environment WAYLEAVE_ADMIN is set, and the whole is what is asked for there too.
    .option("--admin <url>", "ask this router, and not etcd")
    .addOption(
      setting("--admin-token-file <file>", "file with the routers' token; of NAME:TOKEN,... the first"),
    )
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(status);
  addConnectionOptions(command);
}

async function status(flags: StatusFlags): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  const admin = await namedAdmin(flags);
  if (admin !== undefined) return await statusOfRouter(admin, output);
  await withStore(flags, async ({ store, keys }) => {
    const [table, read, members] = await withProgress("asking etcd", () =>
      Promise.all([readTable(store, keys), readReplicas(store, keys), store.status()]),
    );
    const summary = summarizeTable(table);
    const routes = healthOfRoutes(table);
    const bad = [...table.bad, ...read.bad];
    const routers = await judgeRouters({ store, keys, flags }, read, summary.revision);
    const now = Date.now();
    const { views: certificates } = viewCertificates(table, now);
    const facts = { prefix: keys.prefix, members, routers, routes, bad, certificates, now };
    const health = judgeStatus(facts);
    const empty = routes.filter((route) => route.health.level === "down").map(({ name }) => name);
    const told = routers.map((router) => ({ ...router, health: router.health ?? null }));
    output.json({ health, etcd: members, routers: told, table: summary, bad, routesWithoutInstances: empty });
    tellHealth(output, health, routes);
    tellMembers(output, members);
    tellRouters(output, routers);
    tellTable(output, summary);
    warnOfBad(output, bad);
    if (health.level === "ok") return;
    process.exitCode = EXIT.failed;
    output.hint("next: wayleave doctor");
  });
}

async function judgeRouters(
  { store, keys, flags }: { readonly store: Store; readonly keys: Keys; readonly flags: StatusFlags },
  { replicas }: ReadReplicas,
  revision: number,
): Promise<StatusRouter[]> {
  const isLate = replicas.some((replica) => replica.revision < revision);
  const wait = { store, prefix: keys.prefix, revision, timeoutMs: CATCH_UP_MS };
  const [said, barrier] = await Promise.all([
    askRouters(replicas, await tokenOf(flags)),
    isLate ? waitForReplicas(wait) : undefined,
  ]);
  const behind = new Set(barrier?.behind.map(({ id }) => id));
  return replicas.map((replica) => ({
    ...replica,
    health: undefined,
    ...said.get(replica.id),
    isBehind: behind.has(replica.id),
  }));
}

async function statusOfRouter(admin: AdminListener, output: Output): Promise<void> {
  const router = statusSchema.parse(await askAdmin(admin, { path: "/api/status" }));
  const { health } = router;
  output.json({ health, router });
  tellHealth(
    output,
    { ...health, reasons: health.reasons.map((reason) => ({ ...reason, routers: [] })) },
    undefined,
  );
  output.line();
  output.line(
    `${router.id} ${router.version}: ${router.state}, revision ${router.revision}, ${count(router.routes, "route")}, ${count(router.instances, "instance")}, ${count(router.connections, "connection")}`,
  );
  if (health.level !== "ok") process.exitCode = EXIT.failed;
}
