import type { IncomingMessage, ServerResponse } from "node:http";

import type httpProxy from "http-proxy";

import type { Exchange } from "../../request/exchange.ts";
import type { Trusts } from "../instance-tls/trusts.ts";
import type { IdlePool } from "./idle-pool.ts";

/** What all exchanges of an engine share. */
export interface Shared {
  readonly proxy: httpProxy;
  readonly pool: IdlePool;
  /** What instances have to prove. */
  readonly trusts: Trusts;
  readonly isClosing: () => boolean;
}

/** An exchange as Node's server hands it over. */
export interface Served {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly exchange: Exchange;
  /** The client waits for 100 Continue before it sends its body. */
  readonly expectsContinue: boolean;
  /** What the client sent behind the head of an upgrade; undefined: it is none. */
  readonly upgradeHead: Buffer | undefined;
  readonly hasBody: boolean;
  readonly isChunked: boolean;
}
