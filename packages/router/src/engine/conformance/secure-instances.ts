import { type Server, createServer } from "node:https";
import { createSecureContext, type TLSSocketOptions } from "node:tls";

import type { InstanceTls } from "@wayleave/records";
import { TestAuthority } from "@wayleave/testkit";

import type { CreateEngine } from "../engine.ts";

/** How a world's instances speak TLS, and what routes must say to believe them. */
export interface SecureInstances {
  readonly options: TLSSocketOptions;
  /** A server of node:https that speaks so. */
  readonly server: () => Server;
  readonly trust: InstanceTls;
}

const authority = new TestAuthority();
const { chain, key } = authority.issue(["127.0.0.1"]);
const instances: SecureInstances = {
  options: { secureContext: createSecureContext({ cert: chain, key }) },
  server: () => createServer({ cert: chain, key }),
  trust: { ca: authority.certificate },
};

/** The engine, all of whose instances speak TLS. */
export function toSecureInstances(
  create: CreateEngine,
): CreateEngine & { readonly instances: SecureInstances } {
  return Object.assign((settings: Parameters<CreateEngine>[0]) => create(settings), { instances });
}
