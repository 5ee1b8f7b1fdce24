import { certificateCheck } from "../../certificates/check-certificate.ts";
import type { RecordChecks } from "../accepted-records.ts";
import { allowedAddresses } from "../guards/allowed-addresses.ts";
import { PlatformAddresses } from "../platform-addresses.ts";

/** The checks of a router without settings of its own; plain keys are taken. */
export const OPEN_CHECKS: RecordChecks = {
  address: allowedAddresses({ cidrs: [], forbidden: new PlatformAddresses() }),
  certificate: certificateCheck({ sealKeys: undefined, mayBePlain: true }),
};
