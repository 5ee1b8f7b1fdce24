import { type SecureContextOptions, TLSSocket, type TLSSocketOptions, createSecureContext } from "node:tls";

import type { IssuedCertificate } from "@wayleave/testkit";

import type { RawConnection } from "../../conformance/raw-connection.ts";
import { type Behaviour, TestInstance, ok } from "../../conformance/test-instance.ts";

/** How an instance speaks TLS. */
export interface TlsInstanceOptions {
  /** What it shows, by the port that it got. */
  readonly certificate: (port: number) => IssuedCertificate;
  readonly context?: SecureContextOptions;
  readonly socket?: TLSSocketOptions;
  readonly behave?: Behaviour;
}

/** Starts an instance that speaks TLS. */
export async function startTlsInstance(options: TlsInstanceOptions): Promise<TestInstance> {
  const { certificate, context, socket, behave = answerAll } = options;
  // Filled in when its port is known.
  const secure: TLSSocketOptions = { ...socket };
  const instance = await TestInstance.start(behave, secure);
  const { chain, key } = certificate(instance.port);
  secure.secureContext = createSecureContext({ ...context, cert: chain, key });
  return instance;
}

/** What such an instance knows of a connection's handshake. */
export function secureOf({ socket }: RawConnection): TLSSocket {
  if (!(socket instanceof TLSSocket)) throw new TypeError("the connection is not secure");
  return socket;
}

async function answerAll(connection: RawConnection, instance: TestInstance): Promise<void> {
  for (;;) {
    await instance.read(connection);
    connection.send(ok());
  }
}
