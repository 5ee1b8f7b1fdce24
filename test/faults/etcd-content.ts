// What a router's table must hold, made of what etcd holds: read by `etcdctl`, and by none of the code that the
// router reads it with but the parsing of one record.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { keysUnder, parseTableRecord } from "@wayleave/records";

const run = promisify(execFile);
const keys = keysUnder();

/** A table as lines that can be compared: `route HOST PATH JSON`, `instance APP ID JSON`, `settings JSON`. */
export type TableLines = readonly string[];

interface EtcdKeyValue {
  readonly key: string;
  readonly value?: string;
  readonly create_revision: number | string;
  readonly mod_revision: number | string;
}

interface Age {
  readonly key: string;
  readonly createRevision: number;
  readonly modRevision: number;
}

/**
 * What a table must hold that applied everything. The value of a bad record is the last good one of its key, as the test
 * knows it, or none. Of two instances with one address the newer key counts.
 */
export async function expectedTable(
  endpoints: readonly string[],
  lastGood: ReadonlyMap<string, string> = new Map(),
): Promise<TableLines> {
  const lines: string[] = [];
  const owners = new Map<string, Age & { line: string }>();
  for (const { value, ...age } of await contentOf(endpoints)) {
    const record = readRecord(age.key, [value, lastGood.get(age.key)]);
    if (record === undefined) continue;
    if (record.kind === "settings") lines.push(line("settings", record.settings));
    else if (record.kind === "route") lines.push(line(`route ${record.host} ${record.path}`, record.route));
    else {
      const { address, port } = record.instance;
      const owner = owners.get(`${address} ${port}`);
      if (owner !== undefined && !isNewer(age, owner)) continue;
      const instance = line(`instance ${record.app} ${record.id}`, record.instance);
      owners.set(`${address} ${port}`, { ...age, line: instance });
    }
  }
  return [...lines, ...[...owners.values()].map((owner) => owner.line)].toSorted();
}

/** What a router's table holds, as its admin API tells it. */
export async function routerTable(admin: string): Promise<TableLines> {
  const answer = await fetch(`${admin}/api/table`, { signal: AbortSignal.timeout(5_000) });
  const { settings, routes, instances }: RouterTable = JSON.parse(await answer.text());
  return [
    ...(Object.keys(settings).length > 0 ? [line("settings", settings)] : []),
    ...routes.map(({ host, path, route }) => line(`route ${host} ${path}`, route)),
    ...instances.map(({ app, id, instance: { since: _since, isSuspect, ...instance } }) =>
      line(`${isSuspect ? "suspect" : "instance"} ${app} ${id}`, instance),
    ),
  ].toSorted();
}

interface RouterTable {
  readonly settings: object;
  readonly routes: readonly { host: string; path: string; route: object }[];
  readonly instances: readonly { app: string; id: string; instance: { since: number; isSuspect: boolean } }[];
}

/** The keys under the table's prefix, with their values, as `etcdctl get --prefix` tells them. */
async function contentOf(endpoints: readonly string[]): Promise<(Age & { value: string })[]> {
  const { kvs = [] }: { kvs?: EtcdKeyValue[] } = JSON.parse(await getPrefix(endpoints));
  return kvs.map(({ key, value = "", create_revision, mod_revision }) => ({
    key: decode(key),
    value: decode(value),
    createRevision: Number(create_revision),
    modRevision: Number(mod_revision),
  }));
}

async function getPrefix(endpoints: readonly string[]): Promise<string> {
  const flags = [`--endpoints=${endpoints.join(",")}`, "--command-timeout=5s", "-w", "json"];
  try {
    const { stdout } = await run("etcdctl", [...flags, "get", "--prefix", keys.table], {
      env: { ...process.env, ETCDCTL_API: "3" },
      maxBuffer: 256 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return getPrefixByGateway(endpoints[0] ?? "");
  }
}

// Where etcd is a container, there may be no etcdctl beside it. etcd's JSON gateway tells the same.
async function getPrefixByGateway(endpoint: string): Promise<string> {
  const end = keys.table.slice(0, -1) + String.fromCharCode(keys.table.charCodeAt(keys.table.length - 1) + 1);
  const answer = await fetch(`${endpoint}/v3/kv/range`, {
    method: "POST",
    body: JSON.stringify({ key: btoa(keys.table), range_end: btoa(end) }),
    signal: AbortSignal.timeout(5_000),
  });
  return answer.text();
}

function readRecord(key: string, values: readonly (string | undefined)[]) {
  for (const value of values) {
    const parsed = value === undefined ? undefined : parseTableRecord(keys, key, value);
    if (parsed?.ok === true) return parsed.value;
  }
  return undefined;
}

function isNewer(a: Age, b: Age): boolean {
  if (a.createRevision !== b.createRevision) return a.createRevision > b.createRevision;
  if (a.modRevision !== b.modRevision) return a.modRevision > b.modRevision;
  return a.key > b.key;
}

function line(place: string, payload: object): string {
  const fields = Object.entries(payload).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${place} ${JSON.stringify(Object.fromEntries(fields))}`;
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
