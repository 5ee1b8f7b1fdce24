import type { Command } from "commander";

import { parseCertificateName } from "../arguments/place.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { type WriteFlags, addWriteOptions } from "../writing/commit-write.ts";
import { removeRecords } from "../writing/remove-records.ts";

interface RmFlags extends ConnectionFlags, WriteFlags {
  readonly json?: true;
}

const HELP = `
All of them go in one revision, or none. Connections that run live on; the next handshake for their hosts gets another
certificate that is for them, or is refused.

Examples:
  wayleave certificates rm shop
  wayleave certificates rm shop-2025 shop-2026 --wait

--json prints {"revision", "removed": [name, ...]}; revision is null in a dry run.`;

/** Adds `wayleave certificates rm`. */
export function addCertificatesRm(certificates: Command): void {
  const command = certificates
    .command("rm")
    .summary("remove certificates")
    .description("Remove certificates.")
    .argument("<name...>", "the certificates")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(removeCertificates);
  addWriteOptions(command);
  addConnectionOptions(command);
}

async function removeCertificates(texts: readonly string[], flags: RmFlags): Promise<void> {
  const names = texts.map(parseCertificateName);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const targets = names.map((name) => ({
      key: keys.certificate(name),
      kind: "certificate" as const,
      name,
    }));
    await removeRecords({ store, keys, output, flags }, targets);
  });
}
