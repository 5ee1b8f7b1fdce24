// What a change means to people: told before it is applied, by what is in the table until then.

import { isDeepStrictEqual } from "node:util";

import type { InstanceEntry } from "../table/instance-entry.ts";
import type { CertificateChange, InstanceChange, RouteChange, TableChange } from "../table/table-change.ts";
import type { Table } from "../table/table.ts";
import type { NewEvent } from "./event-log.ts";

/** A change of more is one event: a list of it would only push out what else happened. */
const MOST_EACH = 100;
const HOSTS_TOLD = 5;

/** What the events are told from. */
export interface EventFacts {
  readonly table: Pick<Table, "route" | "app" | "certificates">;
  /** Who has the address of an instance whose record stands, but is not in force; undefined: it does not stand. */
  readonly ownerInstead: (app: string, id: string) => string | undefined;
}

/** The events of a change that is about to be applied. */
export function* eventsOf(change: TableChange, facts: EventFacts): Iterable<NewEvent> {
  const { revision, settings, routes, instances, certificates = [] } = change;
  if (settings !== undefined) {
    const text = settings === null ? "the settings are the defaults again" : "the settings changed";
    yield { kind: "settings-changed", text, revision };
  }
  if (routes.length + instances.length + certificates.length > MOST_EACH) {
    const andMore = certificates.length > 0 ? ` and ${certificates.length} certificates` : "";
    const text = `${routes.length} routes and ${instances.length} instances${andMore} changed at once`;
    yield { kind: "many-changed", text, revision };
    return;
  }
  for (const certificate of certificates) yield { ...certificateEvent(certificate, facts), revision };
  for (const route of routes) yield { ...routeEvent(route, facts), revision };
  for (const instance of instances) {
    const event = instanceEvent(instance, facts);
    if (event !== undefined) yield { ...event, revision };
  }
}

function certificateEvent({ name, certificate }: CertificateChange, { table }: EventFacts): NewEvent {
  const about = { kind: "certificate-changed", certificate: name } as const;
  if (certificate === null) return { ...about, text: `certificate ${name} was removed` };
  const { names, isDefault, notAfter } = certificate;
  const hosts = [...names.slice(0, HOSTS_TOLD), ...(names.length > HOSTS_TOLD ? ["..."] : [])];
  const whom = [...hosts, ...(isDefault ? ["whom no other one is for"] : [])].join(", ");
  const until = new Date(notAfter).toISOString().slice(0, 10);
  const how = table.certificates.get(name) === undefined ? "is new" : "was replaced";
  return { ...about, text: `certificate ${name} ${how}: it serves ${whom} until ${until}` };
}

function routeEvent({ host, path, route }: RouteChange, { table }: EventFacts): NewEvent {
  const before = table.route(host, path);
  const place = `${host}${path}`;
  if (route === null) return { kind: "route-removed", text: `route ${place} was removed`, host, path };
  const apps = route.to
    .map(({ app, version }) => (version === undefined ? app : `${app}@${version}`))
    .join(", ");
  if (before === undefined) {
    return { kind: "route-added", text: `route ${place} leads to ${apps}`, host, path };
  }
  const isSwitch = !isDeepStrictEqual(before.record.to, route.to);
  const text = isSwitch ? `route ${place} leads to ${apps} now` : `route ${place} has another policy`;
  return { kind: "route-changed", text, host, path };
}

function instanceEvent(change: InstanceChange, facts: EventFacts): NewEvent | undefined {
  const { app, id, instance: after } = change;
  const before = facts.table.app(app)?.instances.get(id);
  const place = { app, instance: id };
  const name = `${app}/${id}`;
  if (after === null) return before && goneEvent(before, facts);
  const address = `${after.address}:${after.port}`;
  if (after.isSuspect) {
    const text = `${name} vanished without draining (a crash, or its lease ran out); it is a last choice now`;
    return before?.record.isSuspect ? undefined : { kind: "expired", level: "warn", text, ...place };
  }
  if (before === undefined) return { kind: "registered", text: `${name} registered at ${address}`, ...place };
  if (before.record.isSuspect) return { kind: "registered", text: `${name} is back at ${address}`, ...place };
  if (before.record.state !== after.state) {
    const text = after.state === "draining" ? `${name} gets no new requests` : `${name} is ready again`;
    return { kind: after.state, text, ...place };
  }
  return { kind: "changed", text: `the record of ${name} changed`, ...place };
}

function goneEvent({ app, id, record }: InstanceEntry, { ownerInstead }: EventFacts): NewEvent {
  const place = { app, instance: id };
  const name = `${app}/${id}`;
  const owner = ownerInstead(app, id);
  if (owner !== undefined) {
    const text = `${name} is out: ${owner} has its address ${record.address}:${record.port} now`;
    return { kind: "address-taken-over", level: "warn", text, ...place };
  }
  if (record.isSuspect) return { kind: "removed", level: "warn", text: `${name} is given up`, ...place };
  const how = record.state === "draining" ? "left after draining" : "was removed";
  return { kind: "removed", text: `${name} ${how}`, ...place };
}
