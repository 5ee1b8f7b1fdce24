// `node change-cost.ts ROUTES INSTANCES_EACH`: a config path with a table of that size, told over the channel to its parent to
// apply rounds of changes. It answers with the CPU time of one, from etcd's decoded answer to the applied table.

import assert from "node:assert/strict";

import { keysUnder } from "@wayleave/records";
import type { IEvent } from "etcd3";

import { allowedAddresses } from "../../packages/router/src/control/guards/allowed-addresses.ts";
import { certificateCheck } from "../../packages/router/src/certificates/check-certificate.ts";
import { PlatformAddresses } from "../../packages/router/src/control/platform-addresses.ts";
import { RecordSet } from "../../packages/router/src/control/record-set.ts";
import { Table } from "../../packages/router/src/table/table.ts";
import { ResponseJoiner } from "../../packages/store/src/group-changes.ts";

/** What the parent asks for: changes of so many apps, the same each time or others, all over the table. */
export interface RoundOrder {
  readonly apps: number;
  readonly isSpread: boolean;
}

/** Microseconds of CPU a change: of this process with its garbage collection, and of its main thread alone. */
export interface RoundCost {
  readonly process: number;
  readonly thread: number;
}

const [routes = 0, instancesEach = 0] = process.argv.slice(2).map(Number);
const keys = keysUnder();
const records = new RecordSet(keys, {
  address: allowedAddresses({ cidrs: [], forbidden: new PlatformAddresses() }),
  certificate: certificateCheck({ sealKeys: undefined, mayBePlain: true }),
});
const table = new Table({ affinityKey: "bench" });
const joiner = new ResponseJoiner();
let revision = 1;

function fill(): void {
  const stored = Array.from({ length: routes }, (_, app) => [
    { key: keys.route(hostOf(app), "/"), value: JSON.stringify({ to: [{ app: `app-${app}` }] }) },
    ...Array.from({ length: instancesEach }, (__, id) => ({
      key: instanceKey(app, String(id)),
      value: instanceValue(app, id, {}),
    })),
  ]).flat();
  const whole = stored.map((each, at) => ({
    key: copy(each.key),
    value: copy(each.value),
    createRevision: at + 1,
    modRevision: at + 1,
    lease: "0",
  }));
  revision = whole.length + 1;
  const snapshot = { revision, records: whole, reason: "start", clusterId: "1" } as const;
  table.apply(records.applySnapshot(snapshot, Date.now()).change);
  assert.equal(table.instanceCount, routes * instancesEach);
}

/** Five changes for each app, one kind after the other: an instance comes, changes, drains, goes; a route comes and goes. */
function round({ apps, isSpread }: RoundOrder): RoundCost {
  const chosen = Array.from({ length: apps }, (_, at) =>
    isSpread ? Math.floor(Math.random() * routes) : Math.floor((at * routes) / apps),
  );
  const unique = [...new Set(chosen)];
  const steps: ((app: number) => IEvent)[] = [
    (app) => put(instanceKey(app, "new"), instanceValue(app, 99, { version: "v43" })),
    (app) => put(instanceKey(app, "new"), instanceValue(app, 99, { version: "v43", weight: 2 })),
    (app) => put(instanceKey(app, "new"), instanceValue(app, 99, { version: "v43", state: "draining" })),
    (app) => remove(instanceKey(app, "new")),
    (app) => put(keys.route(hostOf(app), "/new"), JSON.stringify({ to: [{ app: `app-${app}` }] })),
    (app) => remove(keys.route(hostOf(app), "/new")),
  ];
  const before = [table.instanceCount, table.routeCount];
  const events = steps.flatMap((step) => unique.map((app) => step(app)));
  const [cpu, thread] = [process.cpuUsage(), process.threadCpuUsage()];
  for (const each of events) applyEvent(each);
  const [cpuSpent, threadSpent] = [process.cpuUsage(cpu), process.threadCpuUsage(thread)];
  assert.deepEqual([table.instanceCount, table.routeCount], before);
  return {
    process: (cpuSpent.user + cpuSpent.system) / events.length,
    thread: (threadSpent.user + threadSpent.system) / events.length,
  };
}

function applyEvent(etcdEvent: IEvent): void {
  for (const change of joiner.add({ events: [etcdEvent], fragment: false })) {
    table.apply(records.applyChange(change, Date.now()));
  }
}

function put(key: string, value: string): IEvent {
  return eventOf("Put", key, value);
}

function remove(key: string): IEvent {
  return eventOf("Delete", key, "");
}

function eventOf(type: "Put" | "Delete", key: string, value: string): IEvent {
  revision += 1;
  const at = String(revision);
  const kv = { create_revision: at, mod_revision: at, version: "1", lease: "0" };
  const read = { ...kv, key: Buffer.from(key), value: Buffer.from(value) };
  return { type, kv: read, prev_kv: read };
}

function instanceKey(app: number, id: string): string {
  return keys.instance(`app-${app}`, `${app}-7d9f8c6b5-${id}`);
}

function instanceValue(app: number, id: number, more: object): string {
  const address = `10.${app >> 16}.${(app >> 8) & 255}.${app & 255}`;
  return JSON.stringify({ address, port: 3_000 + id, version: "v42", zone: `zone-${id % 3}`, ...more });
}

function hostOf(app: number): string {
  return `app-${app}.apps.example.com`;
}

/** A string of its own, as from the wire: not one that is put together of others. */
function copy(text: string): string {
  return Buffer.from(text).toString();
}

fill();
process.on("message", (order: RoundOrder) => process.send?.(round(order)));
process.on("disconnect", () => process.exit());
process.send?.("ready");
