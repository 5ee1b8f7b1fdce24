import type { CreateEngine } from "../engine.ts";
import { createHttpProxyEngine } from "../http-proxy/http-proxy-engine.ts";
import { createWireEngine } from "../wire/wire-engine.ts";
import { type SecureInstances, toSecureInstances } from "./secure-instances.ts";
import { createHttp2WireEngine, createSecureWireEngine } from "./secure-wire-engine.ts";

/** What an engine may do otherwise than the suite wants. */
export interface Differences {
  /** Interim answers other than 100 and 101 reach the client (RFC 9110 section 15.2). */
  readonly relaysInterim: boolean;
  /** Trailers reach the other side (RFC 9110 section 6.5; to drop them is allowed by section 6.5.1). */
  readonly relaysTrailers: boolean;
  /** Upgrades to other protocols than WebSocket go through (RFC 9110 section 7.8 lets them be ignored). */
  readonly upgradesToAnything: boolean;
  /** Methods that nobody has registered go through (RFC 9110 section 9.1). */
  readonly takesAnyMethod: boolean;
  /** 100 Continue comes from the instance, not from the router (RFC 9110 section 10.1.1 allows both). */
  readonly relaysContinue: boolean;
  /** What clients speak. On HTTP/2 field names are in lower case, and no answer has a reason (RFC 9113 sections 8.2 and 8.3.2). */
  readonly clientVersion: "1.1" | "2.0";
  /** What ends with a request that is refused, timed out or not read to its end: on HTTP/2 its stream (RFC 9113 section 5.4.2). */
  readonly refusalEnds: "connection" | "stream";
  /** Instances may speak HTTP/2. */
  readonly speaksHttp2: boolean;
}

/**
 * Makes an engine; with `authority`, in PEM, all of its clients come over TLS, with `instances` it goes to them so. Its clients
 * speak HTTP/1.1, unless `clientsSpeak` says otherwise.
 */
export type CreateUnderTest = CreateEngine & {
  readonly authority?: string;
  readonly clientsSpeak?: "h2";
  readonly instances?: SecureInstances;
};

/** An engine as the suite knows it. */
export interface EngineUnderTest {
  readonly name: string;
  readonly create: CreateUnderTest;
  readonly differences: Differences;
}

const NONE: Differences = {
  relaysInterim: true,
  relaysTrailers: true,
  upgradesToAnything: true,
  takesAnyMethod: true,
  relaysContinue: true,
  clientVersion: "1.1",
  refusalEnds: "connection",
  speaksHttp2: true,
};

/**
 * Node's client drops interim answers, its server knows a list of methods, and http-proxy neither copies trailers nor
 * upgrades to anything but WebSocket.
 */
const HTTP_PROXY: Differences = {
  ...NONE,
  relaysInterim: false,
  relaysTrailers: false,
  upgradesToAnything: false,
  takesAnyMethod: false,
  relaysContinue: false,
  speaksHttp2: false,
};

/** What an instance with TLS must prove to the reference is in instance-tls.test.ts; all the rest of it, in the soak. */
const IS_LONG = process.env["WAYLEAVE_SOAK"] === "1";

/** Every engine runs the whole suite. */
export const ENGINES: readonly EngineUnderTest[] = [
  { name: "wire", create: createWireEngine, differences: NONE },
  { name: "wire over TLS", create: createSecureWireEngine, differences: NONE },
  {
    name: "wire over HTTP/2",
    create: createHttp2WireEngine,
    // An extended CONNECT may name any protocol, but only that of WebSocket is ever used (RFC 8441 section 4).
    differences: { ...NONE, upgradesToAnything: false, clientVersion: "2.0", refusalEnds: "stream" },
  },
  { name: "wire to https", create: toSecureInstances(createWireEngine), differences: NONE },
  { name: "http-proxy", create: createHttpProxyEngine, differences: HTTP_PROXY },
  ...(IS_LONG
    ? [
        {
          name: "http-proxy to https",
          create: toSecureInstances(createHttpProxyEngine),
          differences: HTTP_PROXY,
        },
      ]
    : []),
];

/** Those whose connections begin with what the client says, and not with a handshake. */
export const PLAIN_ENGINES = ENGINES.filter(({ create }) => create.authority === undefined);

/** A case that HTTP/2 has not: for engines whose clients speak HTTP/1.1, and why it is theirs alone, for the title. */
export function overHttp1(
  why: `RFC ${9113 | 8441} section ${string}`,
): (EngineUnderTest & { readonly why: string })[] {
  const those = ENGINES.filter(({ create }) => create.clientsSpeak === undefined);
  return those.map((engine) => ({ ...engine, why }));
}
