import { createRequire } from "node:module";
import path from "node:path";

import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

// So every message is a plain object with camel-case fields, all of them set: int64 as decimal strings, bytes as
// Buffers, and beside a oneof a field of its name that says which one is set.
const OPTIONS = { longs: String, defaults: true, oneofs: true };

/** etcd's gRPC services as the proto files of the etcd3 package define them. */
export type EtcdServices = Readonly<
  Record<"kv" | "watch" | "lease" | "cluster" | "maintenance" | "auth", ServiceDefinition>
>;

/** Loads etcd's services; throws when the etcd3 package cannot be resolved. */
export function loadEtcdServices(): EtcdServices {
  const etcd3 = path.dirname(createRequire(import.meta.url).resolve("etcd3/package.json"));
  const definitions = loadSync(path.join(etcd3, "proto/rpc.proto"), OPTIONS);
  const service = (name: string): ServiceDefinition => {
    const definition = definitions[`etcdserverpb.${name}`];
    if (definition === undefined || "format" in definition)
      throw new Error(`rpc.proto has no service ${name}`);
    return definition;
  };
  return {
    kv: withRequestBytes(service("KV")),
    watch: service("Watch"),
    lease: service("Lease"),
    cluster: service("Cluster"),
    maintenance: service("Maintenance"),
    auth: service("Auth"),
  };
}

/** A request with the number of bytes that it had on the wire. */
export type Sized<Request> = Request & { readonly requestBytes: number };

function withRequestBytes(service: ServiceDefinition): ServiceDefinition {
  const methods = Object.entries(service).map(([name, method]) => [name, withSize(method)]);
  return Object.fromEntries(methods);
}

function withSize(method: MethodDefinition<object, object>): MethodDefinition<object, object> {
  return {
    ...method,
    requestDeserialize: (bytes) => ({ ...method.requestDeserialize(bytes), requestBytes: bytes.length }),
  };
}
