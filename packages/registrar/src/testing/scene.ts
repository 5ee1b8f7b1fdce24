import { createServer } from "node:http";

import { promisify } from "node:util";

import { pino } from "pino";

import { type Registrar, openRegistrar } from "../registrar.ts";
import { FakeStore } from "./fake-store.ts";
import { listen } from "./listen.ts";

/** What the tests of one registrar play with: a store in memory, a registrar on it, and an app that listens. */
export interface Scene extends AsyncDisposable {
  readonly store: FakeStore;
  readonly registrar: Registrar;
  /** The app's; it answers everything with its status. */
  readonly port: number;
  readonly app: { status: number };
  /** The app listens no more; and again, at the same port. */
  closePort(): Promise<void>;
  openPort(): Promise<void>;
  /** The messages that were logged. */
  readonly events: readonly string[];
  /** The state that the record at a key tells, or undefined. */
  readonly stateAt: (key: string) => string | undefined;
}

/** The key of the instance `web-1` of the app `shop`. */
export const KEY = "/wayleave/table/instances/shop/web-1";

/** The value of a replica's record that has applied a revision. */
export function replicaAt(revision: number): string {
  const since = "2026-11-21T00:00:00Z";
  return JSON.stringify({ admin: "127.0.0.1:9080", revision, version: "1", since, workers: 0 });
}

/** Sets a {@link Scene}. */
export async function setScene(): Promise<Scene> {
  const store = new FakeStore();
  const events: string[] = [];
  const logger = pino({}, { write: (line: string) => void events.push(JSON.parse(line).msg) });
  const registrar = openRegistrar({ store, logger, environment: {} });
  const app = { status: 200 };
  const server = createServer((_, response) => void response.writeHead(app.status).end());
  const port = await listen(server);
  return {
    store,
    registrar,
    app,
    events,
    port,
    closePort: () => promisify(server.close.bind(server))(),
    openPort: async () => void (await listen(server, port)),
    stateAt: (key) => {
      const record = store.records.get(key);
      return record && JSON.parse(record.value).state;
    },
    async [Symbol.asyncDispose]() {
      await registrar.close({ drain: false });
      server.close();
    },
  };
}
