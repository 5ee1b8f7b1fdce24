import type { Command } from "commander";
import { stringify } from "yaml";

import { parseCertificateName } from "../arguments/place.ts";
import { viewCertificates } from "../certificates/certificate-view.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { CommandError } from "../exit-codes.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { readTable } from "../reading/read-table.ts";

interface GetFlags extends ConnectionFlags {
  readonly json?: true;
}

const HELP = `
The private key is never shown, nor what it is sealed into.

Examples:
  wayleave certificates get shop
  wayleave certificates get shop --json | jq -r .chain | openssl x509 -noout -text

--json prints what "certificates ls" prints of one certificate, and its "chain" in PEM.`;

/** Adds `wayleave certificates get`. */
export function addCertificatesGet(certificates: Command): void {
  const command = certificates
    .command("get")
    .summary("show one certificate")
    .description("Show a certificate: all but its key.")
    .argument("<name>", "the certificate")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(getCertificate);
  addConnectionOptions(command);
}

async function getCertificate(text: string, flags: GetFlags): Promise<void> {
  const name = parseCertificateName(text);
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const table = await readTable(store, keys);
    const { views, bad } = viewCertificates(table, Date.now());
    const view = views.find((each) => each.name === name);
    const read = table.certificates.find(({ parsed }) => parsed.name === name);
    if (view === undefined || read === undefined) {
      const reason = [...table.bad, ...bad].find(({ key }) => key === keys.certificate(name))?.reason;
      if (reason === undefined) throw new CommandError("notFound", `there is no certificate ${name}`);
      throw new CommandError("failed", `no router can use the certificate ${name}: ${reason}`);
    }
    const { chain } = read.parsed.certificate;
    output.json({ ...view, chain });
    output.line(stringify(view).trimEnd());
    output.line(chain.trimEnd());
  });
}
