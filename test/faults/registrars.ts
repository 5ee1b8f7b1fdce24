// Registers instances that live elsewhere, each under a lease of its own, as one process each would.
// ETCD: endpoints with commas between them. TTL: seconds. INSTANCES: `[{"app":"blue","id":"0","port":4711}]`.
// Its first line, `registered N`, comes when all of them stand in etcd. It ends with its parent.

import { register } from "@wayleave/registrar";
import { openStore } from "@wayleave/store";

interface Instance {
  readonly app: string;
  readonly id: string;
  readonly port: number;
}

const instances: Instance[] = JSON.parse(process.env["INSTANCES"] ?? "[]");
const store = openStore({ endpoints: (process.env["ETCD"] ?? "").split(",") });
const ttlSeconds = Number(process.env["TTL"]);
await Promise.all(
  instances.map((instance) => register({ store, ttlSeconds, address: "127.0.0.1", ...instance })),
);
console.log(`registered ${instances.length}`);

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(1);
}, 1_000);
