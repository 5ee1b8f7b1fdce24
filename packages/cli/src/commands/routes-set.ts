import { parseRoute } from "@wayleave/records";
import type { Command } from "commander";

import { formatDestination, parseDestination } from "../arguments/destination.ts";
import { collectList, collectPairs } from "../arguments/pairs.ts";
import { type RoutePlace, parseRoutePlace } from "../arguments/place.ts";
import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { type Output, createOutput } from "../output/output.ts";
import { type WriteFlags, addWriteOptions, commitWrite, formatRevision } from "../writing/commit-write.ts";
import { conditionOn, readForWrite } from "../writing/read-for-write.ts";
import { type JsonObject, objectOf } from "../writing/record-json.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { addPolicyOptions } from "./policy-flags.ts";
import { type RecordFlags, addRecordOptions, recordChange } from "./record-flags.ts";

interface SetFlags extends ConnectionFlags, WriteFlags, RecordFlags {
  readonly to?: readonly string[];
  readonly label?: Record<string, string>;
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
  command.option("--label <key=value>", "a label; repeatable", collectPairs);
  addRecordOptions(command, "the route was");
  command.option("--json", "print JSON").addHelpText("after", wrapHelp(HELP)).action(setRoute);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function setRoute(text: string, flags: SetFlags): Promise<void> {
  const place = parseRoutePlace(text);
  const { to, label } = flags;
  const own = {
    fields: to === undefined ? {} : { to: to.map(parseDestination) },
    within: { labels: { ...label } },
  };
  const change = await recordChange(flags, own, "give --to APP, or another field");
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
