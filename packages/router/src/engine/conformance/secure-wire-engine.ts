import { createSecureContext } from "node:tls";

import { TestAuthority } from "@wayleave/testkit";

import type { CreateEngine, Engine } from "../engine.ts";
import { createWireEngine } from "../wire/wire-engine.ts";

const authority = new TestAuthority();
const { chain, key } = authority.issue(["shop.example"]);
const context = createSecureContext({ cert: chain, key });

/** The wire engine, all of whose connections are over TLS; and the authority that its clients must trust, in PEM. */
export const createSecureWireEngine: CreateEngine & { readonly authority: string } = Object.assign(create, {
  authority: authority.certificate,
});

/** The same, for clients that speak HTTP/2. */
export const createHttp2WireEngine = Object.assign(
  (settings: Parameters<CreateEngine>[0]) => create(settings),
  {
    authority: authority.certificate,
    clientsSpeak: "h2" as const,
  },
);

function create(settings: Parameters<CreateEngine>[0]): Engine {
  const engine = createWireEngine({
    ...settings,
    tls: { contexts: { unnamed: context, forHost: () => context } },
  });
  return {
    listen: (on) => engine.listenTls(on),
    listenTls: (on) => engine.listenTls(on),
    dropIdle: (instance) => engine.dropIdle(instance),
    dropSecure: () => engine.dropSecure(),
    get connections() {
      return engine.connections;
    },
    get instanceSessions() {
      return engine.instanceSessions;
    },
    retire: () => engine.retire(),
    close: () => engine.close(),
    destroy: () => engine.destroy(),
  };
}
