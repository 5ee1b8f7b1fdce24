import { parseCertificate } from "@wayleave/records";
import type { Command } from "commander";

import { valueOrInvalid } from "../arguments/value-or-invalid.ts";
import { type SealKeyFlags, addSealKeyOption, requireSealKeys } from "../certificates/seal-keys.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { count } from "../output/count.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type ReadTable, readTable } from "../reading/read-table.ts";
import { type WriteFlags, addWriteOptions, commitWrite } from "../writing/commit-write.ts";
import { conditionOn } from "../writing/read-for-write.ts";
import { objectOf } from "../writing/record-json.ts";

interface ResealFlags extends ConnectionFlags, WriteFlags, SealKeyFlags {
  readonly json?: true;
}

/** Certificates are large: so many fit into one request of etcd. */
const CERTIFICATES_A_WRITE = 32;

const HELP = `
To replace a seal key: give every router the new one in front of the old one, run this with the same two, then take the
old one away. Plain keys are sealed too.

Example:
  WAYLEAVE_SEAL_KEY=$NEW,$OLD wayleave certificates reseal --wait

--json prints {"revision", "resealed": [name, ...]}; revision is null when nothing was written.`;

/** Adds `wayleave certificates reseal`. */
export function addCertificatesReseal(certificates: Command): void {
  const command = certificates
    .command("reseal")
    .summary("seal all keys by the first seal key")
    .description("Seal every private key by the first seal key.")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(reseal);
  addSealKeyOption(command);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function reseal(flags: ResealFlags): Promise<void> {
  const sealKeys = await requireSealKeys(flags);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const table = await readTable(store, keys, keys.certificates);
    const stale = table.certificates.filter((read) => sealedBy(read) !== sealKeys.sealingId);
    const planned = stale.map(({ stored, parsed: { name } }) => {
      const { key } = valueOrInvalid(parseCertificate(stored.value), `certificate ${name}`);
      const plain = typeof key === "string" ? key : valueOrInvalid(sealKeys.open(name, key), name);
      const value = JSON.stringify({ ...objectOf(stored), key: sealKeys.seal(name, plain) });
      return { write: { put: stored.key, value }, condition: conditionOn(stored.key, stored) };
    });
    let revision: number | undefined;
    for (let at = 0; at < planned.length; at += CERTIFICATES_A_WRITE) {
      const part = planned.slice(at, at + CERTIFICATES_A_WRITE);
      revision = await commitWrite(
        { store, keys, output, flags },
        { writes: part.map(({ write }) => write), conditions: part.map(({ condition }) => condition) },
      );
    }
    output.json({ revision: revision ?? null, resealed: stale.map(({ parsed }) => parsed.name) });
    output.line(`${count(stale.length, "certificate")} sealed anew by ${sealKeys.sealingId ?? "none"}`);
  });
}

function sealedBy({ parsed }: ReadTable["certificates"][number]): string | undefined {
  const { key } = parsed.certificate;
  return typeof key === "string" ? undefined : key.keyId;
}
