import type { ExplainableRequest } from "@wayleave/router";
import { type Command, InvalidArgumentError } from "commander";

import { type AdminFlags, namedAdmin } from "../admin/admin-options.ts";
import { addConnectionOptions, withStore } from "../connection.ts";
import { EXIT } from "../exit-codes.ts";
import { askRouter } from "../explain/ask-router.ts";
import type { Explained } from "../explain/explain-from-etcd.ts";
import { renderExplanation } from "../explain/render-explanation.ts";
import { createOutput } from "../output/output.ts";
import { warnOfBad } from "../reading/warn-of-bad.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface ExplainFlags extends AdminFlags {
  readonly method?: string;
  readonly header?: readonly string[];
  readonly client?: string;
  readonly zone?: string;
  readonly json?: true;
}

const HELP = `
Reads the table from etcd and asks the router's own functions: which hosts and paths match and why the others lost,
the policy, which instances may serve and why the others were left out, and the pick. What only a running router
knows (its failures, its connections, whose turn it is) is in its own answer: --admin.

Exit codes: 0 ok, 1 failed, 2 usage, 3 no route leads from the URL, 5 etcd or the router does not answer, 6 it is no URL.

Examples:
  wayleave explain https://shop.example.com/api/cart
  wayleave explain shop.example.com --header 'Cookie: session=7' --client 203.0.113.9
  wayleave explain shop.example.com --admin http://127.0.0.1:9080 --json | jq .picked

--json prints {"revision", "host", "path", "hosts", "paths", "otherPaths", "route", "policy", "balance", "affinity",
"destinations": [{"app", "version", "weight", "share", "usesEjected", "instances": [{"id", "authority", "version", "zone",
"weight", "active", "outcome", "ejectedForMs", "protocol", "tlsFailure"}]}], "picked", "failure", "rejected": [{"key", "revision", "reason"}]}; rejected holds the records of the
host and its apps that no router uses.`;

/** Adds `wayleave explain`. */
export function addExplain(program: Command): void {
  const command = program
    .command("explain")
    .summary("which route, which instance, and why")
    .description("Explain where a request would go, and why.")
    .argument("<url>", "https://shop.example.com/cart, or without the scheme")
    .option("--method <method>", "the request's method")
    .option("--header <name: value>", "a header field; repeatable", collectHeader)
    .option("--client <ip>", "the client's address")
    .option("--zone <zone>", "the router's zone")
    .option("--admin <url>", "ask this running router instead of etcd")
    .option("--admin-token-file <file>", "file that holds its admin token")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(explain);
  addConnectionOptions(command);
}

async function explain(url: string, flags: ExplainFlags): Promise<void> {
  const { method, header, client } = flags;
  const request = { url, method, client, headers: (header ?? []).map(splitHeader) };
  const output = createOutput({ isJson: flags.json === true });
  const { explanation, policy, rejected } = await explainedBy(request, flags);
  output.json({ ...explanation, policy: policy ?? null, rejected });
  for (const line of renderExplanation(explanation, policy)) output.line(line);
  warnOfBad(output, rejected);
  if (explanation.route === null) process.exitCode = EXIT.notFound;
}

async function explainedBy(request: ExplainableRequest, flags: ExplainFlags): Promise<Explained> {
  const { zone } = flags;
  const admin = await namedAdmin(flags);
  if (admin !== undefined) return { ...(await askRouter(admin, request)), rejected: [] };
  const { explainFromEtcd } = await import("../explain/explain-from-etcd.ts");
  return await withStore(flags, ({ store, keys }) => explainFromEtcd({ store, keys, zone }, request));
}

function collectHeader(text: string, lines: readonly string[] = []): string[] {
  if (!/^[^:\s]+:/.test(text)) throw new InvalidArgumentError("Give it as 'Name: value'.");
  return [...lines, text];
}

function splitHeader(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
