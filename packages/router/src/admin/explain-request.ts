import { type Parsed, invalid, valid } from "@wayleave/records";

import { chosenOpaqueId } from "../request/affinity-choice.ts";
import type { Client, RequestHead } from "../request/exchange.ts";
import { hashKeyOf } from "../request/hash-key.ts";
import { readHead } from "../request/read-head.ts";
import type { Explanation } from "../table/explain.ts";
import type { Policy } from "../table/policy.ts";
import type { Table } from "../table/table.ts";

/** A request to explain, as a person asks for it. */
export interface ExplainableRequest {
  /** `https://shop.example.com/cart?x=1`, or the same without its scheme. */
  readonly url: string;
  /** Default `GET`. */
  readonly method?: string | undefined;
  /** Name and value of header fields, in order. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
  /** The client's address; default `127.0.0.1`. */
  readonly client?: string | undefined;
}

/** What would become of a request, and why; the policy is that of the route that matched. */
export interface ExplainedRequest {
  readonly explanation: Explanation;
  readonly policy: Policy | undefined;
}

/**
 * Explains one request by a table: reads it as the request path does, and takes no instance's turn. The
 * reason of a refusal is what a client would be told with `bad-request`.
 */
export function explainRequest(table: Table, request: ExplainableRequest): Parsed<ExplainedRequest> {
  const url = /^([^/?#]+)([^#]*)/.exec(request.url.replace(/^https?:\/\//i, ""));
  if (url === null) return invalid(`${JSON.stringify(request.url)} is not a URL`);
  const [, authority = "", rest = ""] = url;
  const head = headOf(request, authority, rest.startsWith("/") ? rest : `/${rest}`);
  const client: Client = { address: request.client ?? "127.0.0.1", port: 0, localPort: 0, isTls: false };
  const read = readHead(head, client, { isTrusted: false, pseudonym: "" });
  if ("failure" in read) return invalid(read.detail);
  const { host } = read.host;
  const route = table.match(host, read.path);
  const policy = route && table.policy(route);
  const { said, cookie } = read.fields;
  const explanation = table.explain(host, read.path, {
    now: Date.now(),
    random: Math.random,
    hashKey: policy && hashKeyOf(policy, head, { client, said, cookie }),
    opaqueId: route && policy && chosenOpaqueId(table, route, policy, cookie),
  });
  return valid({ explanation, policy });
}

function headOf(
  { method = "GET", headers = [] }: ExplainableRequest,
  host: string,
  target: string,
): RequestHead {
  const rawHeaders = headers.flat();
  const hasHost = headers.some(([name]) => name.toLowerCase() === "host");
  return {
    method,
    target,
    httpVersion: "1.1",
    rawHeaders: hasHost ? rawHeaders : ["Host", host, ...rawHeaders],
    hasBody: false,
    isUpgrade: false,
  };
}
