// All that the topics hold now, as messages. Rows are read as they are sent: what changes meanwhile comes again behind it.

import { setImmediate } from "node:timers/promises";

import type { StreamMessage, Topic } from "@wayleave/records/api";

import type { AdminSources } from "../admin-sources.ts";
import { viewRejections } from "../status-api.ts";
import { viewStatus } from "../status-view.ts";
import { Views } from "../views.ts";

const ROWS_EACH = 500;
const EVENTS = 500;

/** `id`: of the last message that is in it. */
export async function* snapshot(
  sources: AdminSources,
  topics: ReadonlySet<Topic>,
  id: string,
): AsyncIterable<string> {
  yield line({ kind: "begin", now: Date.now(), topics: [...topics] });
  for await (const message of messages(sources, topics)) {
    yield line(message);
    await setImmediate();
  }
  yield `id: ${id}\n${line({ kind: "end", now: Date.now() })}`;
}

async function* messages(sources: AdminSources, topics: ReadonlySet<Topic>): AsyncIterable<StreamMessage> {
  const { live, table, replicas, plane } = sources;
  const now = Date.now();
  await plane.refresh();
  if (topics.has("status")) yield { kind: "status", now, status: viewStatus(sources) };
  if (topics.has("totals")) yield { kind: "totals", now, totals: [...live.figures.history] };
  if (topics.has("events")) yield { kind: "events", now, events: live.events.since(0, EVENTS) };
  if (topics.has("rejected")) yield { kind: "rejected", now, rejected: viewRejections(sources) };
  if (topics.has("replicas")) yield { kind: "replicas", now, replicas: await replicas.look() };
  if (topics.has("routes")) {
    for (const rows of slices([...table.routes()])) {
      const views = new Views(sources);
      const current = rows.filter((route) => table.route(route.host, route.path) === route);
      yield { kind: "routes", now, upserts: current.map((row) => views.route(row)), removes: [] };
    }
  }
  if (topics.has("apps")) {
    for (const names of slices([...live.health.appNames()])) {
      const views = new Views(sources);
      const current = names.filter((name) => live.health.hasApp(name));
      yield { kind: "apps", now, upserts: current.map((name) => views.app(name)), removes: [] };
    }
  }
  if (topics.has("instances")) {
    live.shares.add(await plane.refreshInstances(), now);
    for (const rows of slices([...table.instances()])) {
      const views = new Views(sources);
      const current = rows.filter(({ isGone }) => !isGone);
      yield { kind: "instances", now, upserts: current.map((row) => views.instance(row)), removes: [] };
    }
  }
}

function* slices<T>(rows: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_EACH) yield rows.slice(at, at + ROWS_EACH);
}

function line(message: StreamMessage): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}
