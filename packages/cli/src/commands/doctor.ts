import type { Keys } from "@wayleave/records";
import { waitForReplicas } from "@wayleave/registrar";
import type { Store } from "@wayleave/store";
import type { Command } from "commander";

import { parseApp } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import type { Check } from "../doctor/check.ts";
import { examineEtcd } from "../doctor/examine-etcd.ts";
import { type Role, examineRights } from "../doctor/examine-rights.ts";
import { examineRouters, probeRouters } from "../doctor/examine-routers.ts";
import { examineInstanceTls } from "../doctor/examine-instance-tls.ts";
import { examineTable } from "../doctor/examine-table.ts";
import { CommandError, EXIT } from "../exit-codes.ts";
import { type Output, createOutput } from "../output/output.ts";
import { paint, printable } from "../output/paint.ts";
import { withProgress } from "../output/progress.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { readReplicas } from "../reading/read-replicas.ts";
import { readTable } from "../reading/read-table.ts";
import { summarizeTable } from "../status/render-status.ts";

interface DoctorFlags extends ConnectionFlags {
  readonly app?: string;
  readonly routerId?: string;
  readonly json?: true;
}

const CATCH_UP_MS = 2_000;
const STYLE = { ok: "green", warn: "yellow", fail: "red" } as const;

const HELP = `
Looks at everything that Wayleave needs, and says of what is not well what to do. Of etcd: each endpoint and how fast it
answers, versions with known bugs, members and leader, alarms, the quota, compaction, clocks (by the Date of HTTP answers,
so to the second). Rights: what an operator's user needs; --app and --router-id look at what the user of a registrar or a
router needs. A right to write is tried by a transaction whose conditions contradict each other: etcd checks the right
first, and nothing is ever written. Then the records, the routers, how far they are, and whether their admin listeners
answer.

Exit codes: 0 nothing failed (there may be warnings), 1 something did, 2 usage, 6 a setting is not valid.

Examples:
  wayleave doctor
  wayleave doctor --app shop --etcd-user shop --etcd-password-file shop.password
  wayleave doctor --json | jq '.checks[] | select(.verdict != "ok")'

--json prints {"verdict": "ok|warn|fail", "checks": [{"check", "about", "verdict", "says", "todo"}]}.`;

/** Adds `wayleave doctor`. */
export function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .summary("look for what is not well, and what to do")
    .description("Look for what is not well with etcd, rights, records and routers, and say what to do.")
    .option("--app <app>", "look at the rights of this app's registrar")
    .option("--router-id <id>", "look at the rights of this router")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(doctor);
  addConnectionOptions(command);
}

async function doctor(flags: DoctorFlags): Promise<void> {
  const role = roleOf(flags);
  const output = createOutput({ isJson: flags.json === true });
  const checks = await withProgress("looking at etcd, the records and the routers", () =>
    withStore(flags, ({ store, keys }) => examineAll(store, keys, role)),
  );
  const verdict = (["fail", "warn", "ok"] as const).find((one) =>
    checks.some((check) => check.verdict === one),
  );
  output.json({ verdict, checks });
  tell(output, checks);
  if (verdict === "fail") process.exitCode = EXIT.failed;
  else output.hint("next: wayleave status");
}

function roleOf({ app, routerId }: DoctorFlags): Role {
  if (app !== undefined && routerId !== undefined)
    throw new CommandError("usage", "give --app or --router-id, not both");
  if (app !== undefined) return { role: "registrar", app: parseApp(app) };
  return routerId === undefined ? { role: "operator" } : { role: "router", id: routerId };
}

async function examineAll(store: Store, keys: Keys, role: Role): Promise<Check[]> {
  const [, members, vitals] = await Promise.all([
    store.status(), // connects, which is not what an answer takes
    store.members().catch(() => undefined),
    store.vitals(),
  ]);
  const statuses = await store.status();
  const checks = examineEtcd({ statuses, members, vitals });
  if (statuses.every(({ isReachable }) => !isReachable)) return checks;
  const rights = await examineRights(store, keys, role);
  checks.push(...rights);
  const mayRead = (prefix: string): boolean =>
    rights.some(({ check, about, verdict }) => check === "may-read" && about === prefix && verdict === "ok");
  if (!mayRead(keys.table) || !mayRead(keys.replicas)) return checks;
  const [table, { replicas, bad }] = await Promise.all([readTable(store, keys), readReplicas(store, keys)]);
  const { revision } = summarizeTable(table);
  const [barrier, probes] = await Promise.all([
    waitForReplicas({ store, prefix: keys.prefix, revision, timeoutMs: CATCH_UP_MS }),
    probeRouters(replicas),
  ]);
  const facts = { prefix: keys.prefix, replicas, barrier, waitedMs: CATCH_UP_MS, probes };
  return [
    ...checks,
    ...examineTable(table, bad, Date.now()),
    ...examineInstanceTls(table),
    ...examineRouters(facts),
  ];
}

function tell(output: Output, checks: readonly Check[]): void {
  for (const { check, about, verdict, says, todo } of checks) {
    const what = about === "" ? check : `${check} ${about}`;
    output.line(`${paint(STYLE[verdict], verdict.padEnd(4))}  ${printable(what)}: ${printable(says)}`);
    if (todo !== null) output.line(`      ${paint("bold", "do:")} ${printable(todo)}`);
  }
  const number = (verdict: Check["verdict"]): number =>
    checks.filter((check) => check.verdict === verdict).length;
  output.line(`${number("ok")} ok, ${number("warn")} to look at, ${number("fail")} failed`);
}
