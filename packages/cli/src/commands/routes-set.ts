import { parseRoute } from "@wayleave/records";
import type { Command } from "commander";

import { formatDestination, parseDestination } from "../arguments/destination.ts";
import { collectList, collectPairs, wholeNumber } from "../arguments/pairs.ts";
import { type RoutePlace, parseRoutePlace } from "../arguments/place.ts";
import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { type Output, createOutput } from "../output/output.ts";
import { type PolicyFlags, addPolicyOptions, policyChange, withFieldsWithin } from "./policy-flags.ts";
import { type WriteFlags, addWriteOptions, commitWrite, formatRevision } from "../writing/commit-write.ts";
import { conditionOn, readForWrite } from "../writing/read-for-write.ts";
import { type JsonObject, objectOf, parseRecordJson } from "../writing/record-json.ts";
import { readSource } from "../yaml-source.ts";
import { wrapHelp } from "../output/wrap-help.ts";

interface SetFlags extends ConnectionFlags, WriteFlags, PolicyFlags {
  readonly to?: readonly string[];
  readonly label?: Record<string, string>;
  readonly record?: string;
  readonly file?: string;
  readonly replace?: true;
  readonly ifRevision?: number;
  readonly json?: true;
}

const HELP = `
A new route needs --to. Of a route that exists, only what you name is changed: --to replaces the whole list,
timeouts and labels are set one by one, and every other field stays, also one that this version does not know.
--replace keeps nothing.

Examples:
  wayleave routes set shop.example.com/api --to shop
  wayleave routes set shop.example.com --to shop@v1=90 --to shop@v2=10 --wait
  wayleave routes set shop.example.com --balance hash:cookie=session --answer-timeout 2m
  wayleave routes set shop.example.com --https-redirect on --hsts 365d
  wayleave routes set shop.example.com --record '{"to":[{"app":"shop"}],"limits":{"maxBodyBytes":1000000}}'

--json prints {"revision", "host", "path", "record"}; revision is null in a dry run.`;

/** Adds `wayleave routes set`. */
export function addRoutesSet(routes: Command): void {
  const command = routes
    .command("set")
    .summary("create or change a route")
    .description("Create a route, or change what you name of one that exists.")
    .argument("<host[/path]>", "the place, for example shop.example.com/api or *.example.com")
    .option("--to <app[@version][=weight]>", "where it leads to; repeat it to share by weight", collectList);
  addPolicyOptions(command);
  command
    .option("--label <key=value>", "a label; repeatable", collectPairs)
    .option("--record <json>", "fields of the record, or all of it, as JSON")
    .option("-f, --file <file>", "the same from a file; - is stdin")
    .option("--replace", "replace the record whole")
    .option(
      "--if-revision <n>",
      "only if the route was last written at this revision (0: only if it is new)",
      wholeNumber(0),
    )
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(setRoute);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function setRoute(text: string, flags: SetFlags): Promise<void> {
  const place = parseRoutePlace(text);
  const change = await changeFrom(flags);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const key = keys.route(place.host, place.path);
    const what = `route ${place.host}${place.path}`;
    const found = await readForWrite(store, { key, what, ifRevision: flags.ifRevision });
    const old = flags.replace ? undefined : objectOf(found);
    const record = change(old ?? {});
    if (record["to"] === undefined)
      throw new CommandError("usage", `${what} needs --to APP: it is not there yet`);
    valueOrInvalid(parseRoute(JSON.stringify(record)), what);
    const planned = {
      writes: [{ put: key, value: JSON.stringify(record) }],
      conditions: [conditionOn(key, found)],
    };
    const revision = await commitWrite({ store, keys, output, flags }, planned);
    tell(output, { place, record, revision, isNew: found === undefined });
  });
}

/** What the flags ask for, checked, as a change of the record. Throws a CommandError before etcd is asked. */
async function changeFrom(flags: SetFlags): Promise<(old: JsonObject) => JsonObject> {
  if (flags.record !== undefined && flags.file !== undefined) {
    throw new CommandError("usage", "--record and --file exclude each other");
  }
  const text = flags.file === undefined ? flags.record : await readSource(flags.file);
  const policy = policyChange(flags);
  const fields: JsonObject = {
    ...(text !== undefined && parseRecordJson(text)),
    ...(flags.to !== undefined && { to: flags.to.map(parseDestination) }),
    ...policy.fields,
  };
  const within = { ...policy.within, labels: { ...flags.label } };
  if (Object.keys({ ...fields, ...withFieldsWithin({}, within) }).length === 0) {
    throw new CommandError("usage", "there is nothing to set: give --to APP, or another field");
  }
  return (old) => withFieldsWithin({ ...old, ...fields }, within);
}

function tell(
  output: Output,
  {
    place,
    record,
    revision,
    isNew,
  }: { place: RoutePlace; record: JsonObject; revision: number | undefined; isNew: boolean },
): void {
  const name = `${place.host}${place.path}`;
  output.json({ revision: revision ?? null, host: place.host, path: place.path, record });
  const route = valueOrInvalid(parseRoute(JSON.stringify(record)));
  const leads = route.to.map(formatDestination).join(", ");
  output.line(`${isNew ? "created" : "changed"} route ${name} -> ${leads} ${formatRevision(revision)}`);
  if (revision !== undefined)
    output.hint(
      `next: wayleave explain http://${name.replace(/^\*\./, "any.").replace(/^\*/, "example.com")}`,
    );
}
