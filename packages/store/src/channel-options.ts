import { type ChannelCredentials, type ChannelOptions, credentials } from "@grpc/grpc-js";
import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";

import { hostOf } from "./endpoints.ts";
import type { StoreSettings } from "./store.ts";

const OPTIONS: ChannelOptions = {
  // A half-open connection is noticed within 15 s. Below 5 s etcd takes the pings for an attack.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.max_receive_message_length": 64 * 1024 * 1024,
  // So that a page of a list is not held up by the round trips of its flow control.
  "grpc-node.flow_control_window": 4 * 1024 * 1024,
  // A new channel is to be a new connection, not one that another channel found dead.
  "grpc.use_local_subchannel_pool": 1,
  // The pauses between attempts are ours.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  // A proxy for web pages is not for etcd; and no TXT look-ups for a service configuration.
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
};

/** gRPC's options for an endpoint. */
export function channelOptionsFor(endpoint: string): ChannelOptions {
  if (!isSecure(endpoint) || isIP(hostOf(endpoint)) === 0) return OPTIONS;
  // gRPC takes the IP for the TLS server name too, which RFC 6066 section 3 does not allow and Node refuses. This name
  // goes out in its place; what is checked is the IP, below.
  return { ...OPTIONS, "grpc.ssl_target_name_override": "etcd" };
}

/** gRPC's credentials for an endpoint; without a `ca` the authorities that Node brings are trusted. */
export function credentialsFor(endpoint: string, tls: StoreSettings["tls"] = {}): ChannelCredentials {
  if (!isSecure(endpoint)) return credentials.createInsecure();
  const host = hostOf(endpoint);
  return credentials.createSsl(tls.ca ?? null, tls.key ?? null, tls.certificate ?? null, {
    checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
  });
}

function isSecure(endpoint: string): boolean {
  return endpoint.startsWith("https:");
}
