// What a connection's client asks for is nearly always one host: understood once, for all of its requests.

import { type Parsed, valid } from "@wayleave/records/lean";

import type { Client } from "./exchange.ts";
import { onePiece } from "./field-lines.ts";
import { clientLines } from "./forwarded-fields.ts";
import { NOTHING_SAID } from "./request-fields.ts";
import { parseRequestHost } from "./request-host.ts";

/** The host that a client asks for. */
export class KnownHost {
  /** The Host field to send; undefined when the client gave none. */
  readonly field: string | undefined;
  /** Lower case, without port and final dot: the form that routes are matched by. May be "". */
  readonly host: string;
  /** As the client wrote it, digits only; undefined when it named none. */
  readonly port: string | undefined;
  readonly #client: Client;
  #clientLines: string | undefined;

  constructor(client: Client, field: string, { host, port }: { host: string; port: string | undefined }) {
    this.#client = client;
    this.field = field === "" ? undefined : field;
    this.host = host;
    this.port = port;
  }

  /** The {@link clientLines} of a client whose own word does not count. */
  get clientLines(): string {
    return (this.#clientLines ??= onePiece(clientLines(this.#client, NOTHING_SAID, this)));
  }
}

/** Understands a Host field of a client, or the authority of an absolute-form. */
export function knownHost(client: Client, field: string): Parsed<KnownHost> {
  const { lastHost } = client;
  if (lastHost !== undefined && lastHost.field === field) return valid(lastHost);
  const parsed = parseRequestHost(field);
  if (!parsed.ok) return parsed;
  const { host, port } = parsed.value;
  // A slice of a head would keep the whole of it in memory, for as long as the connection is idle.
  const known = new KnownHost(client, onePiece(field), { host: onePiece(host), port });
  client.lastHost = known;
  return valid(known);
}
