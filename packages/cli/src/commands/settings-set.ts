import { parseSettings } from "@wayleave/records";
import { type Command, Option } from "commander";

import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type WriteFlags, addWriteOptions, commitWrite, formatRevision } from "../writing/commit-write.ts";
import { conditionOn, readForWrite } from "../writing/read-for-write.ts";
import { type JsonObject, objectOf } from "../writing/record-json.ts";
import { readSource } from "../yaml-source.ts";
import { addPolicyOptions } from "./policy-flags.ts";
import { type RecordFlags, addRecordOptions, recordChange } from "./record-flags.ts";

interface SetFlags extends ConnectionFlags, WriteFlags, RecordFlags {
  readonly listenerClientCa?: string;
  readonly listenerClientCertificates?: "request" | "require";
  readonly json?: true;
}

const WHAT = "the settings";
const HINT = "give --answer-timeout DURATION, or another field";
const HELP = `
Only what you name is changed; --replace keeps nothing. A route that says otherwise itself is not changed by it. What has
no option is given by --record; docs/reference/settings.md lists all fields.

Examples:
  wayleave settings set --https-redirect on --hsts 365d --wait
  wayleave settings set --listener-client-ca clients.pem --listener-client-certificates require
  wayleave settings set --record '{"listener":{"maxHeadBytes":65536}}'

--json prints {"revision", "record"}; revision is null in a dry run.`;

/** Adds `wayleave settings set`. */
export function addSettingsSet(settings: Command): void {
  const command = settings
    .command("set")
    .summary("change the defaults of all routes")
    .description("Change the defaults of all routes while routers run.");
  addPolicyOptions(command);
  command
    .option(
      "--listener-client-ca <file>",
      "ask clients over TLS for a certificate by these authorities, in PEM",
    )
    .addOption(
      new Option(
        "--listener-client-certificates <how>",
        "whether clients over TLS without a certificate are let in (request)",
      ).choices(["request", "require"]),
    );
  addRecordOptions(command, "the settings were");
  command.option("--json", "print JSON").addHelpText("after", wrapHelp(HELP)).action(setSettings);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function setSettings(flags: SetFlags): Promise<void> {
  const own = { fields: {}, within: { listener: await listenerFields(flags) } };
  const change = await recordChange(flags, own, HINT);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const key = keys.settings;
    const found = await readForWrite(store, { key, what: WHAT, ifRevision: flags.ifRevision });
    const record = change((flags.replace ? undefined : objectOf(found)) ?? {});
    valueOrInvalid(parseSettings(JSON.stringify(record)), WHAT);
    const planned = {
      writes: [{ put: key, value: JSON.stringify(record) }],
      conditions: [conditionOn(key, found)],
    };
    const revision = await commitWrite({ store, keys, output, flags }, planned);
    output.json({ revision: revision ?? null, record });
    output.line(`changed ${WHAT} ${formatRevision(revision)}`);
    if (revision !== undefined) output.hint("next: wayleave settings get");
  });
}

async function listenerFields(flags: SetFlags): Promise<JsonObject> {
  const { listenerClientCa: file, listenerClientCertificates: mode } = flags;
  if (file === undefined && mode === undefined) return {};
  const ca = file === undefined ? {} : { ca: await readSource(file) };
  return { clientCertificates: { ...ca, ...(mode !== undefined && { mode }) } };
}
