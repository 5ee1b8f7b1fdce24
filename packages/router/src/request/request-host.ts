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

const NAME = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::(\d{0,5}))?$/;
const LITERAL = /^\[([^\]]*)\](?::(\d{0,5}))?$/;
const DOT = 0x2e;
const COLON = 0x3a;
const NONE: RequestHost = { host: "", port: undefined };

/**
 * Parses the value of a Host field or the authority of an absolute-form. Names and IP literals pass;
 * user information, escapes and everything else that no host name has are refused.
 */
export function parseRequestHost(value: string): Parsed<RequestHost> {
  const end = plainNameEnd(value);
  if (end > 0) {
    if (end === value.length) return valid({ host: value, port: undefined });
    const isPort = value.charCodeAt(end) === COLON && isDigits(value, end + 1);
    if (isPort) return withPort(value.slice(0, end), value.slice(end + 1));
  }
  if (value === "") return valid(NONE);
  const text = value.toLowerCase();
  const name = NAME.exec(text);
  if (name !== null) return withPort(name[1] ?? "", name[2]);
  const literal = LITERAL.exec(text);
  if (literal === null) return invalid("the host is not a host name");
  const address = parseAddress(literal[1] ?? "");
  return address.ok ? withPort(`[${address.value}]`, literal[2]) : address;
}

/**
 * Where the name ends that a value begins with, when it is one in lower case without a final dot; 0 when not. A loop
 * and no regular expression: this is done for each request, and nearly each value is such a name, maybe with a port.
 */
function plainNameEnd(value: string): number {
  let before = DOT;
  let at = 0;
  for (; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code === DOT ? before === DOT : !isNameCode(code)) break;
    before = code;
  }
  return before === DOT ? 0 : at;
}

function isNameCode(code: number): boolean {
  if (code >= 0x61) return code <= 0x7a;
  return (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x5f;
}

/** One to five digits, to the end. */
function isDigits(value: string, from: number): boolean {
  for (let at = from; at < value.length; at++) {
    const code = value.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return value.length > from && value.length <= from + 5;
}

function withPort(host: string, port: string | undefined): Parsed<RequestHost> {
  if (port === undefined || port === "") return valid({ host, port: undefined });
  return Number(port) <= 65535 ? valid({ host, port }) : invalid("the host's port is above 65535");
}
