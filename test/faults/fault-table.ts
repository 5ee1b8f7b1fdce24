// docs/faults.md: what the last whole run saw, one fault a row.

import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";

import { FAULTS } from "./fault-list.ts";
import { APPS, INSTANCES_AN_APP, type Seen, type StageSettings } from "./stage.ts";

const FILE = new URL("../../docs/faults.md", import.meta.url);

/** What was seen of one fault. */
export interface FaultFigures extends Seen {
  readonly name: string;
  /** Changes of the table that etcd took while the fault lasted. */
  readonly changes: number;
  readonly lastedMs: number;
  /** From the end of the fault until both tables were what etcd holds. */
  readonly convergedMs: number;
}

/** Writes docs/faults.md; throws unless every fault was seen, so that no table of a part of them is kept. */
export async function writeFaultTable(
  figures: readonly FaultFigures[],
  settings: StageSettings,
): Promise<void> {
  const missing = FAULTS.filter(({ name }) => !figures.some((each) => each.name === name));
  if (missing.length > 0) throw new Error(`no figures of: ${missing.map(({ name }) => name).join("; ")}`);
  await writeFile(FILE, text(figures, settings));
}

function text(figures: readonly FaultFigures[], { ttlSeconds, shrinkHoldMs }: StageSettings): string {
  const hold = shrinkHoldMs === undefined ? "30 s, the default" : duration(shrinkHoldMs);
  return `# Faults

Written by \`npm run faults:docs\`; what is made there, and what is asserted of it, is in \`test/faults/\`. Three members of a real
etcd (${etcdVersion()}), two routers, and the registrars of ${APPS.length * INSTANCES_AN_APP} instances of ${APPS.length} apps, each behind TCP links of its own to every
member; leases of ${ttlSeconds} s, a shrink hold of ${hold}; Node ${process.version}, ${availableParallelism()} cores. Clients ask both routers for both apps all the time, and while a fault
lasts, routes are changed ten times a second, as far as etcd takes it.

- **failed**: answers other than 200, and requests without a whole answer.
- **misrouted**: answers by an instance of another app.
- **converged**: from the end of the fault until the tables of both routers were what \`etcdctl get --prefix\` printed, with
  one more change and all instances in it.

| fault | lasted | changes in etcd meanwhile | requests | failed | misrouted | converged |
|---|---|---|---|---|---|---|
${figures.map(row).join("\n")}

What keeps it so: [ARCHITECTURE.md](../ARCHITECTURE.md). How to run etcd for it: [etcd.md](etcd.md).
`;
}

function row({ name, lastedMs, changes, requests, failed, misrouted, convergedMs }: FaultFigures): string {
  const failures = Object.values(failed).reduce((total, count) => total + count, 0);
  const cells = [name, duration(lastedMs), changes, requests, failures, misrouted, duration(convergedMs)];
  return `| ${cells.join(" | ")} |`;
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function etcdVersion(): string {
  try {
    return (
      execFileSync("etcd", ["--version"], { encoding: "utf8" })
        .split("\n")[0]
        ?.replace("etcd Version: ", "") ?? ""
    );
  } catch {
    return "a container's";
  }
}
