// What a router's table must hold, made of what etcd holds: read by `etcdctl`, and by none of the code that the
// router reads it with but the parsing of one record.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { type TableRecord, keysUnder, parseTableRecord } from "@wayleave/records";

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

/** What a table must hold: every good record, and of two instances with one address the newer key's. */
export async function expectedTable(endpoints: readonly string[]): Promise<TableLines> {
  const lines: string[] = [];
  const owners = new Map<string, Age & { line: string }>();
  for (const { value, ...age } of await contentOf(endpoints)) {
    const parsed = parseTableRecord(keys, age.key, value);
    if (!parsed.ok) continue;
    const line = lineOf(parsed.value);
    if (parsed.value.kind !== "instance") lines.push(line);
    else {
      const { address, port } = parsed.value.instance;
      const owner = owners.get(`${address} ${port}`);
      if (owner === undefined || isNewer(age, owner)) owners.set(`${address} ${port}`, { ...age, line });
    }
  }
  return [...lines, ...[...owners.values()].map(({ line }) => line)].toSorted();
}

/** The line of a key and its value; undefined when the record is bad. */
export function tableLine(key: string, value: string): string | undefined {
  const parsed = parseTableRecord(keys, key, value);
  return parsed.ok ? lineOf(parsed.value) : undefined;
}

/** Throws unless a table holds what it must, and besides that only last good values of bad records. */
export function compareTable(
  table: TableLines,
  { expected, lastGood }: { expected: TableLines; lastGood: ReadonlySet<string> },
): void {
  const held = new Set(table);
  const absent = expected.filter((line) => !held.has(line));
  if (absent.length > 0) throw new Error(`a router has not what etcd has: ${absent.join("; ")}`);
  const right = new Set(expected);
  const wrong = table.filter((line) => !right.has(line) && !lastGood.has(line));
  if (wrong.length > 0) throw new Error(`a router has what etcd has not: ${wrong.join("; ")}`);
}

/** What a router's table holds, as its admin API tells it. */
export async function routerTable(admin: string): Promise<TableLines> {
  const answer = await fetch(`${admin}/api/table`, { signal: AbortSignal.timeout(5_000) });
  const { settings, routes, instances }: RouterTable = JSON.parse(await answer.text());
  return [
    ...(Object.keys(settings).length > 0 ? [lineWith("settings", settings)] : []),
    ...routes.map(({ host, path, route }) => lineWith(`route ${host} ${path}`, route)),
    ...instances.map(({ app, id, instance: { since: _since, isSuspect, ...instance } }) =>
      lineWith(`${isSuspect ? "suspect" : "instance"} ${app} ${id}`, instance),
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

function isNewer(a: Age, b: Age): boolean {
  if (a.createRevision !== b.createRevision) return a.createRevision > b.createRevision;
  if (a.modRevision !== b.modRevision) return a.modRevision > b.modRevision;
  return a.key > b.key;
}

function lineOf(record: TableRecord): string {
  switch (record.kind) {
    case "settings":
      return lineWith("settings", record.settings);
    case "route":
      return lineWith(`route ${record.host} ${record.path}`, record.route);
    case "instance":
      return lineWith(`instance ${record.app} ${record.id}`, record.instance);
    case "certificate":
      return lineWith(`certificate ${record.name}`, record.certificate);
  }
}

function lineWith(place: string, payload: object): string {
  const fields = Object.entries(payload).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${place} ${JSON.stringify(Object.fromEntries(fields))}`;
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
