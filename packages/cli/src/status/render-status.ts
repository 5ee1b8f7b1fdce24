import type { MemberStatus } from "@wayleave/store";

import { formatDuration } from "../arguments/duration.ts";
import { count } from "../output/count.ts";
import type { Output } from "../output/output.ts";
import { paint } from "../output/paint.ts";
import type { ReadReplicas } from "../reading/read-replicas.ts";
import { type ReadTable, isLeased } from "../reading/read-table.ts";
import type { JudgedRouter } from "./judge-status.ts";
import type { RouterSaid } from "./ask-routers.ts";

/** What the table holds, in numbers; `revision` is that of the newest record. */
export interface TableSummary {
  readonly revision: number;
  readonly routes: number;
  readonly instances: number;
  readonly staticInstances: number;
  readonly drainingInstances: number;
}

/** A router as status knows it. */
export type StatusRouter = ReadReplicas["replicas"][number] & JudgedRouter & Pick<RouterSaid, "error">;

/** Counts what the table holds. */
export function summarizeTable({ settings, routes, instances }: ReadTable): TableSummary {
  let revision = settings?.stored.modRevision ?? 0;
  for (const { stored } of [routes, instances].flat()) revision = Math.max(revision, stored.modRevision);
  return {
    revision,
    routes: routes.length,
    instances: instances.length,
    staticInstances: instances.filter(({ stored }) => !isLeased(stored)).length,
    drainingInstances: instances.filter(({ parsed }) => parsed.instance.state === "draining").length,
  };
}

/** Tells of etcd's members. */
export function tellMembers(output: Output, members: readonly MemberStatus[]): void {
  output.line();
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
    spare: ["REVISION", "VERSION", "SIZE", "ANSWERS IN"],
    numbers: ["REVISION", "SIZE", "ANSWERS IN"],
  });
}

/** Tells of the live routers. */
export function tellRouters(output: Output, routers: readonly StatusRouter[]): void {
  output.line();
  output.line(paint("bold", "routers"));
  if (routers.length === 0) return output.line("none is running");
  output.table({
    headings: ["ROUTER", "REVISION", "STATE", "ADMIN", "VERSION", "UP", "HEALTH"],
    rows: routers.map(({ id, revision, isBehind, admin, version, since, health }) => [
      id,
      String(revision),
      isBehind ? "behind" : "current",
      admin,
      version,
      formatDuration(Math.max(0, Date.now() - Date.parse(since))),
      health?.level ?? "not asked",
    ]),
    spare: ["VERSION", "UP", "ADMIN"],
    numbers: ["REVISION"],
  });
  const unasked = routers.filter(({ error }) => error !== undefined);
  if (unasked.length === 0) return;
  const names = unasked.map(({ id, error }) => `${id} (${error ?? ""})`).join(", ");
  output.hint(`what these know of failing instances is not in it: ${names}`);
}

/** Tells what the table holds. */
export function tellTable(output: Output, summary: TableSummary): void {
  const { revision, routes, instances, staticInstances, drainingInstances } = summary;
  output.line();
  output.line(paint("bold", "table"));
  output.line(
    `${count(routes, "route")}, ${count(instances, "instance")} (${staticInstances} static, ${drainingInstances} draining), newest revision ${revision}`,
  );
}
