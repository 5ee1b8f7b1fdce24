import { type ServiceDefinition, makeClientConstructor } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { createRequire } from "node:module";
import path from "node:path";

/** How the etcd3 package reads messages, so that they are what its types say. */
const AS_ETCD3 = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };
const SERVICES = ["KV", "Watch", "Lease", "Maintenance", "Cluster", "Auth"];

const packageDirectory = path.dirname(createRequire(import.meta.url).resolve("etcd3/package.json"));
const definitions = loadSync(path.join(packageDirectory, "proto/rpc.proto"), AS_ETCD3);

// All services in one, so that one client, and so one connection, is enough for them. No two have a method in common.
const methods: ServiceDefinition = Object.assign(
  {},
  ...SERVICES.map((name) => definitions[`etcdserverpb.${name}`]),
);

/** Makes a gRPC client that has the methods of all services of etcd, as the etcd3 package describes them. */
export const EtcdServices = makeClientConstructor(methods, "etcd");

/** The definition of a method by its name in the etcd3 package, like `leaseGrant`. Throws when there is none. */
export function methodNamed(name: string): ServiceDefinition[string] {
  const method = byName.get(name);
  if (method === undefined) throw new Error(`etcd has no method ${name}`);
  return method;
}

const byName = new Map(Object.values(methods).map((method) => [method.originalName, method]));
