// The key layout: where each record lives under the prefix.

import { parseHost } from "./host.ts";
import { parseName } from "./names.ts";
import { type Parsed, invalid, valid } from "./parsed.ts";
import { parsePathPrefix } from "./path.ts";

/** Where a record lives, read back from its key. */
export type Place =
  | { readonly kind: "settings" }
  | { readonly kind: "route"; readonly host: string; readonly path: string }
  | { readonly kind: "instance"; readonly app: string; readonly id: string }
  | { readonly kind: "certificate"; readonly name: string };

/** The keys of one installation. All of them are strings that start with `prefix`. */
export interface Keys {
  readonly prefix: string;
  /** The one range that a router watches. */
  readonly table: string;
  readonly settings: string;
  readonly routes: string;
  readonly instances: string;
  readonly certificates: string;
  readonly replicas: string;
  route(host: string, path: string): string;
  /** All instances of one app: what a registrar needs permission for. */
  app(app: string): string;
  instance(app: string, id: string): string;
  certificate(name: string): string;
  replica(id: string): string;
  /** The inverse, for keys under `table`. A key that is not in canonical form is refused. */
  parse(key: string): Parsed<Place>;
}

/** The default prefix of all keys. */
export const DEFAULT_PREFIX = "/wayleave/";

/** The key layout under a prefix, which gets a final slash when it has none. */
export function keysUnder(prefix: string = DEFAULT_PREFIX): Keys {
  const root = prefix.endsWith("/") ? prefix : `${prefix}/`;
  const table = `${root}table/`;
  return {
    prefix: root,
    table,
    settings: `${table}settings`,
    routes: `${table}routes/`,
    instances: `${table}instances/`,
    certificates: `${table}certificates/`,
    replicas: `${root}replicas/`,
    route: (host, path) => `${table}routes/${host}${path}`,
    app: (app) => `${table}instances/${app}/`,
    instance: (app, id) => `${table}instances/${app}/${id}`,
    certificate: (name) => `${table}certificates/${name}`,
    replica: (id) => `${root}replicas/${id}`,
    parse: (key) =>
      key.startsWith(table) ? parsePlace(key.slice(table.length)) : invalid(`the key is not under ${table}`),
  };
}

function parsePlace(rest: string): Parsed<Place> {
  if (rest === "settings") return valid({ kind: "settings" });
  const slash = rest.indexOf("/");
  const folder = rest.slice(0, slash);
  const name = rest.slice(slash + 1);
  if (folder === "routes") return parseRoutePlace(name);
  if (folder === "instances") return parseInstancePlace(name);
  if (folder === "certificates") return parseCertificatePlace(name);
  return invalid("the key is none of settings, routes/, instances/, certificates/");
}

function parseRoutePlace(name: string): Parsed<Place> {
  const slash = name.indexOf("/");
  if (slash === -1) return invalid("the key of a route is routes/<host>/<path>; a path of / ends in a slash");
  const host = parseHost(name.slice(0, slash));
  if (!host.ok) return host;
  const path = parsePathPrefix(name.slice(slash));
  if (!path.ok) return path;
  const canonical = host.value + path.value;
  // One key per place: two spellings of one place would be two routes that claim it.
  if (canonical !== name) return invalid(`the key must be spelled routes/${canonical}`);
  return valid({ kind: "route", host: host.value, path: path.value });
}

function parseInstancePlace(name: string): Parsed<Place> {
  const parts = name.split("/");
  if (parts.length !== 2) return invalid("the key of an instance is instances/<app>/<id>");
  const app = parseName("app", parts[0] ?? "");
  if (!app.ok) return app;
  const id = parseName("instance id", parts[1] ?? "");
  if (!id.ok) return id;
  return valid({ kind: "instance", app: app.value, id: id.value });
}

function parseCertificatePlace(text: string): Parsed<Place> {
  const name = parseName("certificate", text);
  return name.ok ? valid({ kind: "certificate", name: name.value }) : name;
}
