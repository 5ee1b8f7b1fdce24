// Request path 4 of 7: read -> match -> pick -> CONNECT -> forward -> relay -> log.
// A connection to an instance that proves who it is before it gets a byte.

import { X509Certificate } from "node:crypto";
import type { OnReadOpts, Socket } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect } from "node:tls";

import type { InstanceEntry } from "../../table/instance-entry.ts";
import { failedSocket } from "../failed-socket.ts";
import { misidentification } from "./misidentification.ts";
import type { Trust } from "./trusts.ts";

/** How an instance is connected to. */
export interface SecureConnectOptions {
  readonly trust: Trust;
  /** What it is offered by ALPN. */
  readonly protocols: readonly string[];
  /** Takes what is read; default: the socket's stream. */
  readonly onread?: OnReadOpts;
}

/**
 * Connects to an instance over TLS. `secureConnect` says that it has proved what the trust asks for; any other end is an
 * `error`, and then nothing but the handshake was sent.
 */
export function connectSecure(instance: InstanceEntry, connecting: SecureConnectOptions): Socket {
  const { trust, protocols, onread } = connecting;
  const { context, policy, sessions } = trust;
  if ("error" in context) return failedSocket("ERR_INSTANCE_TLS", context.error);
  const { address: host, port } = instance.record;
  const { servername } = policy;
  const kept = sessionOf(trust, instance);
  const options: ConnectionOptions & { readonly allowHalfOpen: true } = {
    host,
    port,
    allowHalfOpen: true,
    secureContext: context,
    ALPNProtocols: [...protocols],
    ...(servername !== undefined && { servername }),
    ...(kept !== undefined && { session: kept }),
    ...(onread !== undefined && { onread }),
    // Said, since it would follow the environment variable NODE_TLS_REJECT_UNAUTHORIZED otherwise.
    rejectUnauthorized: true,
    checkServerIdentity: (_, { raw }) => {
      const why = misidentification(new X509Certificate(raw), policy, instance);
      return why === undefined ? undefined : Object.assign(new Error(why), { code: "ERR_INSTANCE_IDENTITY" });
    },
  };
  const secure = connect(options);
  secure.setNoDelay(true);
  secure.on("session", (session) => sessions.set(instance, { session, notAfter: notAfterOf(secure) }));
  secure.once("error", () => sessions.delete(instance));
  return secure;
}

/** A resumed session proves what its first handshake did, for as long as the certificate is valid. */
function sessionOf({ sessions }: Trust, instance: InstanceEntry): Buffer | undefined {
  const kept = sessions.get(instance);
  return kept !== undefined && Date.now() < kept.notAfter ? kept.session : undefined;
}

function notAfterOf(secure: TLSSocket): number {
  return secure.getPeerX509Certificate()?.validToDate.getTime() ?? 0;
}
