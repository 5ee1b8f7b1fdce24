import type { Command } from "commander";

import { addCertificatesGet } from "./certificates-get.ts";
import { addCertificatesLs } from "./certificates-ls.ts";
import { addCertificatesReseal } from "./certificates-reseal.ts";
import { addCertificatesRm } from "./certificates-rm.ts";
import { addCertificatesSet } from "./certificates-set.ts";

/** Adds `wayleave certificates` and what it can do. */
export function addCertificates(program: Command): void {
  const certificates = program
    .command("certificates")
    .description("List, show, write, seal anew and remove certificates.");
  addCertificatesLs(certificates);
  addCertificatesGet(certificates);
  addCertificatesSet(certificates);
  addCertificatesRm(certificates);
  addCertificatesReseal(certificates);
}
