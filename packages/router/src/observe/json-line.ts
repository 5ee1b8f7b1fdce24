// Request path 7 of 7: read -> match -> pick -> connect -> forward -> relay -> LOG.
// An exchange as a line of JSON. The line is written piece by piece: to make an object of twenty fields and have it
// turned into text by a logger took 5 us a request, which was more than all else that the router does for it.

import type { ExchangeSummary } from "../request/exchange-summary.ts";
import { plainAddress } from "../request/trusted-peers.ts";
import type { InstanceEntry } from "../table/instance-entry.ts";
import { pathOf } from "./path-of.ts";

type Place = NonNullable<ExchangeSummary["route"]>;

// A record that changes is another object, and so is an instance at another address.
const ofPlaces = new WeakMap<Place, string>();
const ofInstances = new WeakMap<InstanceEntry, string>();

/** The fields of an exchange as JSON, without the braces around them. */
export function jsonFields(summary: ExchangeSummary): string {
  const { client, forwardedClient, clientSubject, route, detail, retried } = summary;
  let line = '"requestId":' + JSON.stringify(summary.requestId);
  if (forwardedClient === undefined) line += ',"client":"' + plainAddress(client.address) + '"';
  else line += `,"client":${JSON.stringify(forwardedClient)},"peer":"${plainAddress(client.address)}"`;
  if (clientSubject !== undefined) line += ',"clientSubject":' + JSON.stringify(clientSubject);
  line += ',"method":' + JSON.stringify(summary.method) + ',"host":' + JSON.stringify(summary.host);
  line += ',"path":' + JSON.stringify(pathOf(summary.target));
  line += ',"httpVersion":"' + summary.httpVersion + '"';
  if (route !== undefined) line += placeFields(route);
  line += instanceFields(summary) + ',"status":' + summary.status;
  if (summary.failure !== undefined) line += ',"failure":"' + summary.failure + '"';
  if (detail !== undefined) line += ',"detail":' + JSON.stringify(detail);
  line += ',"attempts":' + summary.attempts;
  if (retried.length > 0) line += ',"retried":' + JSON.stringify(retried);
  line += ',"bytesIn":' + summary.bytesIn + ',"bytesOut":' + summary.bytesOut;
  line += ',"totalMs":' + milliseconds(summary.totalMs);
  line += ',"instanceMs":' + milliseconds(summary.instanceMs);
  line += ',"ownMs":' + milliseconds(summary.ownMs);
  return summary.isUpgraded ? line + ',"upgraded":true' : line;
}

function placeFields(route: Place): string {
  let fields = ofPlaces.get(route);
  if (fields === undefined) {
    fields = ',"route":' + JSON.stringify(route.host + route.path);
    ofPlaces.set(route, fields);
  }
  return fields;
}

function instanceFields({ app, instance }: ExchangeSummary): string {
  if (instance === undefined) return app === undefined ? "" : ',"app":' + JSON.stringify(app);
  let fields = ofInstances.get(instance);
  if (fields === undefined) {
    const { app: owner, id, authority } = instance;
    fields = "," + JSON.stringify({ app: owner, instance: id, address: authority }).slice(1, -1);
    ofInstances.set(instance, fields);
  }
  return fields;
}

const THOUSANDTHS = Array.from({ length: 1_000 }, (_, at) => "." + String(at).padStart(3, "0"));

/** With three decimals; whole numbers are written many times faster than others. */
function milliseconds(ms: number): string {
  const microseconds = Math.max(0, Math.round(ms * 1_000));
  const whole = Math.floor(microseconds / 1_000);
  return whole + (THOUSANDTHS[microseconds - whole * 1_000] ?? "");
}
