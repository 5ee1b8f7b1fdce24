import type { Certificate } from "@wayleave/records";

import type { TableCertificate } from "../../table/table-change.ts";
import { certificateCheck } from "../check-certificate.ts";

/** A record whose key is plain. */
export type CertificateFields = Pick<Certificate, "chain" | "names" | "isDefault"> & { readonly key: string };

const check = certificateCheck({ sealKeys: undefined, mayBePlain: true });

/** What a table has of a certificate; throws when it could not be served. */
export function certificateOf(fields: CertificateFields): TableCertificate {
  const checked = check("test", fields);
  if (!checked.ok) throw new Error(checked.reason);
  return checked.value;
}
