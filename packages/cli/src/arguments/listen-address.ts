import { parseAddress } from "@wayleave/records";

import { CommandError } from "../exit-codes.ts";
import { portNumber } from "./port.ts";
import { valueOrInvalid } from "./value-or-invalid.ts";

/** Where a listener listens. */
export interface ListenAddress {
  /** An IP address, without brackets. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

/** Parses `ADDRESS:PORT` (`0.0.0.0:8080`, `[::]:8080`) of a listener; throws a CommandError (invalid). */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text);
  if (match === null) throw new CommandError("invalid", `${JSON.stringify(text)} is not ADDRESS:PORT`);
  return { host: valueOrInvalid(parseAddress(match[1] ?? match[2] ?? "")), port: portNumber(match[3] ?? "") };
}
