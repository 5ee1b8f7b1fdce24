import type { Command } from "commander";

import { formatDuration } from "../arguments/duration.ts";
import { type CertificateView, viewCertificates } from "../certificates/certificate-view.ts";
import { type ConnectionFlags, addConnectionOptions, withStore } from "../connection.ts";
import { createOutput } from "../output/output.ts";
import { wrapHelp } from "../output/wrap-help.ts";
import { readTable } from "../reading/read-table.ts";
import { warnOfBad } from "../reading/warn-of-bad.ts";

interface LsFlags extends ConnectionFlags {
  readonly json?: true;
}

const HELP = `
KEY names the seal key that opens the private key, or says that it stands in etcd in plain. ROUTES counts the routes
whose clients get the certificate. Several may serve a host: of each TYPE of key the one that was issued last, and the
client chooses.

Examples:
  wayleave certificates ls
  wayleave certificates ls --json | jq '[.certificates[] | select(.state == "expired") | .name]'

In a pipe: one certificate a line, tab-separated, without headings: name, names, issuer, expiry, state, key, routes,
revision, type.

--json prints {"revision", "certificates": [{"name", "revision", "names", "isDefault", "issuer", "notBefore",
"notAfter", "state": "valid|expired|not-yet-valid", "keyType": "ec|rsa|...", "fingerprint", "sealedBy", "routes": ["host/path"]}], "bad":
[{"key", "revision", "reason"}]}; sealedBy is null for a plain key.`;

/** Adds `wayleave certificates ls`. */
export function addCertificatesLs(certificates: Command): void {
  const command = certificates
    .command("ls")
    .summary("list certificates")
    .description("List all certificates: what they serve, until when, and for which routes.")
    .option("--json", "print JSON")
    .addHelpText("after", wrapHelp(HELP))
    .action(listCertificates);
  addConnectionOptions(command);
}

async function listCertificates(flags: LsFlags): Promise<void> {
  const output = createOutput({ isJson: flags.json === true });
  await withStore(flags, async ({ store, keys }) => {
    const table = await readTable(store, keys);
    const now = Date.now();
    const { views, bad: unserved } = viewCertificates(table, now);
    const bad = [...table.bad.filter(({ key }) => key.startsWith(keys.certificates)), ...unserved];
    output.json({ revision: table.revision, certificates: views, bad });
    const headings = ["NAME", "SERVES", "ISSUER", "EXPIRES", "STATE", "KEY", "ROUTES", "REVISION", "TYPE"];
    output.table({ headings, rows: views.map((view) => rowOf(view, now)) });
    warnOfBad(output, bad);
    if (views.length === 0) {
      output.hint("no certificates. next: wayleave certificates set NAME --chain FILE --key FILE");
    }
  });
}

function rowOf(view: CertificateView, now: number): string[] {
  const leftMs = Date.parse(view.notAfter) - now;
  return [
    view.name,
    [...view.names, ...(view.isDefault ? ["(default)"] : [])].join(","),
    view.issuer,
    view.notAfter.slice(0, 10),
    view.state === "valid" ? `for ${formatDuration(leftMs)}` : view.state,
    view.sealedBy ?? "plain",
    String(view.routes.length),
    String(view.revision),
    view.keyType,
  ];
}
