// A world that takes connections over TLS too, and clients that shake its hand.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ConnectionOptions, type TLSSocket, connect } from "node:tls";

import { TestAuthority } from "@wayleave/testkit";

import { sealKeysOf } from "../../../certificates/seal-keys.ts";
import { SecureContexts } from "../../../certificates/secure-contexts.ts";
import { type CertificateFields, certificateOf } from "../../../certificates/testing/certificate-of.ts";
import { CertificateIndex } from "../../../table/certificate-index.ts";
import type { ClientAuthority } from "../../../table/table-change.ts";
import { type TestInstance, answering, ok } from "../../conformance/test-instance.ts";
import { World, type WorldOptions } from "../../conformance/world.ts";
import { createWireEngine } from "../../wire/wire-engine.ts";

/** Issues what the scene's router shows. */
export const authority = new TestAuthority();

/** See {@link startTlsScene}. */
export interface TlsScene extends AsyncDisposable {
  readonly world: World;
  readonly instance: TestInstance;
  readonly tlsPort: number;
  /** Whose certificates clients may show. */
  clientAuthority: ClientAuthority | undefined;
  put(name: string, fields: CertificateFields | null): void;
}

/** A world that takes connections over TLS too, by the certificates in its table. */
export async function startTlsScene(
  options: WorldOptions & { readonly ticketSecret?: Buffer; readonly now?: () => number } = {},
): Promise<TlsScene> {
  const certificates = new CertificateIndex();
  const contexts = new SecureContexts({
    certificates,
    clientAuthority: () => scene.clientAuthority,
    sealKeys: sealKeysOf({}),
    ticketSecret: options.ticketSecret ?? randomBytes(32),
    now: options.now ?? Date.now,
    onUnusable: () => undefined,
  });
  const world = await World.start(
    (settings) => createWireEngine({ ...settings, tls: { contexts } }),
    options,
  );
  const instance = await world.instance(answering(ok()));
  const { port: tlsPort } = await world.engine.listenTls({ host: "127.0.0.1", port: 0 });
  const scene: TlsScene = {
    world,
    instance,
    tlsPort,
    clientAuthority: undefined,
    put: (name, fields) => certificates.set(name, fields && certificateOf(fields)),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
  return scene;
}

/** Begins a handshake as a client that trusts the authority. */
export function open(port: number, options: ConnectionOptions): TLSSocket {
  return connect({ port, host: "127.0.0.1", ca: authority.certificate, ...options });
}

/** The hosts of the certificate that a client gets, or the code by which its handshake is refused. */
export async function handshake(port: number, options: ConnectionOptions): Promise<string> {
  const socket = open(port, options);
  try {
    await once(socket, "secureConnect");
    return socket.getPeerX509Certificate()?.subjectAltName ?? "none";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "no code";
  } finally {
    socket.destroy();
  }
}
