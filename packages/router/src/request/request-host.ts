// Request path 1 of 7: READ THE HEAD -> match -> pick -> connect -> forward -> relay -> log.
// The host that a request is for, RFC 9110 section 7.2.

import { invalid, type Parsed, parseAddress, valid } from "@wayleave/records/lean";

/** A host field, taken apart. */
export interface RequestHost {
  /** Lower case, without port and final dot: the form that routes are matched by. May be "". */
  readonly host: string;
  /** As the client wrote it, digits only; undefined when it named none. */
  readonly port: string | undefined;
}

const PLAIN = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const NAME = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::(\d{0,5}))?$/;
const LITERAL = /^\[([^\]]*)\](?::(\d{0,5}))?$/;
const NONE: RequestHost = { host: "", port: undefined };

/**
 * Parses the value of a Host field or the authority of an absolute-form. Names and IP literals pass;
 * user information, escapes and everything else that no host name has are refused.
 */
export function parseRequestHost(value: string): Parsed<RequestHost> {
  if (PLAIN.test(value)) return valid({ host: value, port: undefined });
  if (value === "") return valid(NONE);
  const text = value.toLowerCase();
  const name = NAME.exec(text);
  if (name !== null) return withPort(name[1] ?? "", name[2]);
  const literal = LITERAL.exec(text);
  if (literal === null) return invalid("the host is not a host name");
  const address = parseAddress(literal[1] ?? "");
  return address.ok ? withPort(`[${address.value}]`, literal[2]) : address;
}

function withPort(host: string, port: string | undefined): Parsed<RequestHost> {
  if (port === undefined || port === "") return valid({ host, port: undefined });
  return Number(port) <= 65535 ? valid({ host, port }) : invalid("the host's port is above 65535");
}
