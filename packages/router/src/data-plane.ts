// What takes requests: a table, the request path on it, and an engine below. It knows nothing of etcd.

import { hash, randomBytes } from "node:crypto";
// Not the global one, which is looked up at each reading.
import { performance } from "node:perf_hooks";

import type { Logger } from "pino";

import { applyInTurns } from "./apply-in-turns.ts";
import { openIdentity } from "./certificates/open-identity.ts";
import { SecureContexts } from "./certificates/secure-contexts.ts";
import { sealKeysOf } from "./certificates/seal-keys.ts";
import type { TableSink } from "./control/control.ts";
import type { ConnectionObserver } from "./engine/connection-observer.ts";
import type { CreateEngine, Engine } from "./engine/engine.ts";
import { createHttpProxyEngine } from "./engine/http-proxy/http-proxy-engine.ts";
import { createWireEngine } from "./engine/wire/wire-engine.ts";
import { createAccessLog } from "./observe/access-log.ts";
import type { ConnectionCounts } from "./observe/connection-counts.ts";
import { type ExchangeCounts, countsUnder } from "./observe/exchange-counts.ts";
import { Tap, type TapBatch, type TapRequest } from "./observe/tap.ts";
import type { Tracing } from "./observe/traces/tracing.ts";
import type { ExchangeObserver } from "./request/exchange-summary.ts";
import type { FailureCode } from "./request/failures.ts";
import { createExchanges } from "./request/handle-exchange.ts";
import { trustPeers } from "./request/trusted-peers.ts";
import type { EngineName, RouterSettings } from "./router-settings.ts";
import type { InstanceEntry } from "./table/instance-entry.ts";
import type { RecordChanges, TableChange } from "./table/table-change.ts";
import { type AppliedChange, Table } from "./table/table.ts";
import { wallClock } from "./wall-clock.ts";
import type { InstanceState } from "./workers/worker-messages.ts";

const ENGINES: Readonly<Record<EngineName, CreateEngine>> = {
  wire: createWireEngine,
  "http-proxy": createHttpProxyEngine,
};
/** Also what a replica with workers says of itself. */
export const DEFAULT_ENGINE: EngineName = "wire";

export interface DataPlaneSettings extends Pick<
  RouterSettings,
  "engine" | "accessLog" | "writeAccessLog" | "trustedProxies" | "zone" | "proxyProtocol" | "sealKeys"
> {
  readonly id: string;
  readonly affinityKey: string;
  /** 32 bytes in hexadecimal: see {@link SecureContexts}. Default: its own. */
  readonly ticketSecret?: string;
  /** How many data planes share the replica's requests, this one included. Default 1. */
  readonly workers?: number;
  readonly logger: Logger;
  readonly news: PlaneNews;
  /** Spans of exchanges. Default: none. Stays the caller's to close, after the engine. */
  readonly tracing?: Tracing | undefined;
}

/** Told what happens in a data plane, in this process or in a worker. Must not throw. */
export interface PlaneNews {
  /** An instance that is a suspect refused a connection. */
  suspectRefused(instance: Pick<InstanceEntry, "app" | "id">): void;
  /** An instance was ejected, or returned before its time. */
  ejectionChanged(instance: Ejection): void;
  /** Samples for those who look. */
  tapped(batch: TapBatch): void;
}

/** Until when an instance is left out, in epoch milliseconds; a time that is past: it is back. Plain data. */
export type Ejection = Pick<InstanceEntry, "app" | "id" | "ejectedUntil"> &
  Partial<Pick<InstanceEntry, "tlsFailure">>;

/** What takes requests, in this process or in others; with the table that all of them have. */
export interface DataPlane extends TableSink {
  readonly engineName: EngineName;
  readonly table: Table;
  readonly engine: Pick<
    Engine,
    "listen" | "listenTls" | "connections" | "instanceSessions" | "close" | "destroy"
  >;
  readonly exchangeCounts: ExchangeCounts;
  /** Brings the counts up to now. */
  refresh(): Promise<void>;
  /** Shows in the table what is known of instances now, and gives it. */
  refreshInstances(): Promise<readonly InstanceState[]>;
  /** What is wanted of single requests from now on. */
  setTaps(requests: readonly TapRequest[]): void;
}

/** A data plane in this process, as a worker has it; {@link LocalPlane} is one for a whole router. */
export interface LocalDataPlane extends Omit<DataPlane, "refresh" | "refreshInstances"> {
  readonly engine: Engine;
  prepare(records: RecordChanges): void;
  /** Applies a change to the table, and does what follows from it. */
  apply(change: TableChange): void;
}

/** Makes a data plane; it does not listen yet. Throws a RangeError for a setting that makes no sense. */
export function createDataPlane(settings: DataPlaneSettings): LocalDataPlane {
  const { id, affinityKey, zone, trustedProxies = [], engine: engineName = DEFAULT_ENGINE } = settings;
  const ejectionChanged = ({ app, id: instance, ejectedUntil, tlsFailure }: InstanceEntry): void =>
    settings.news.ejectionChanged({ app, id: instance, ejectedUntil, tlsFailure });
  const table = new Table({ zone, affinityKey, ejectionChanged });
  const { tracing } = settings;
  const exchangeCounts = countsUnder(table, tracing?.counts);
  const observers = [exchangeCounts.observe, accessLogOf(settings), internalFailureLog(settings.logger)];
  if (tracing !== undefined) observers.push(tracing.observe);
  const tap = new Tap(observers, (batch) => settings.news.tapped(batch));
  const exchanges = createExchanges({
    table: () => table,
    observers,
    pseudonym: pseudonymOf(id),
    isTrusted: trustPeers(trustedProxies),
    now: wallClock(monotonic),
    clock: monotonic,
    random: Math.random,
    workers: settings.workers,
    // Later: the change that follows from it must not be applied in the middle of an exchange.
    distrusted: distrustLog(settings.logger),
    suspectRefused: (instance) => queueMicrotask(() => settings.news.suspectRefused(instance)),
  });
  const sealKeys = sealKeysOf(settings);
  const engine = ENGINES[engineName]({
    exchanges: exchangeCounts.counting(tracing?.traced(exchanges) ?? exchanges),
    listenerPolicy: () => table.listenerPolicy,
    proxyProtocol: settings.proxyProtocol ?? false,
    connectionObserver: connectionObserverOf(exchangeCounts.connections, settings.logger),
    tls: { contexts: secureContextsOf(table, settings) },
    clientIdentities: {
      get: (name) => table.certificates.get(name),
      open: (entry) => openIdentity(entry, sealKeys),
    },
  });
  const follow = ({ withdrawn, hasNewTrust, removed }: AppliedChange): void => {
    for (const instance of withdrawn) engine.dropIdle(instance);
    if (hasNewTrust) engine.dropSecure();
    for (const { host, path } of removed) exchangeCounts.forget(host, path);
  };
  return {
    engineName,
    table,
    engine,
    exchangeCounts,
    prepare: (records) => table.prepare(records),
    // The line in which the two paths meet.
    apply: (change) => applyInTurns(table, change, follow),
    setTaps: (requests) => tap.set(requests),
  };
}

const monotonic = (): number => performance.now();

function secureContextsOf(table: Table, settings: DataPlaneSettings): SecureContexts {
  return new SecureContexts({
    certificates: table.certificates,
    clientAuthority: () => table.clientAuthority,
    sealKeys: sealKeysOf(settings),
    ticketSecret:
      settings.ticketSecret === undefined ? randomBytes(32) : Buffer.from(settings.ticketSecret, "hex"),
    now: Date.now,
    onUnusable: (name) => settings.logger.error({ certificate: name }, "certificate-unusable"),
  });
}

/** The replica's name in Via, which every client sees: unique, and telling nothing of the host it runs on. */
function pseudonymOf(id: string): string {
  return `wayleave-${hash("sha256", id, "hex").slice(0, 8)}`;
}

function accessLogOf({ accessLog, writeAccessLog, logger }: DataPlaneSettings): ExchangeObserver {
  const write = writeAccessLog ?? ((line) => process.stdout.write(line));
  return createAccessLog({ format: accessLog ?? "off", logger, write });
}

/** Who was kept out by the certificate that it showed, or did not, finds no answer anywhere else. */
function connectionObserverOf(counts: ConnectionCounts, logger: Logger): ConnectionObserver {
  const isTimely = onceASecond();
  return {
    handshakeDone: (handshake) => counts.handshakeDone(handshake),
    flooded: (kind) => counts.flooded(kind),
    handshakeFailed: (failure, { address, detail }) => {
      counts.handshakeFailed(failure);
      if (failure !== "client-certificate" || !isTimely()) return;
      logger.warn({ client: address, reason: detail }, "client-certificate-refused");
    },
  };
}

/** An instance fails its handshake with every request that tries it: the reason is enough, once. */
function distrustLog(logger: Logger): (instance: InstanceEntry, failure: FailureCode) => void {
  return ({ app, id, authority, tlsFailure: reason }, failure) =>
    logger.warn({ app, instance: id, address: authority, failure, reason }, "instance-distrusted");
}

/** What should not have happened, with where it did; once a second at most, for one request may be sent many times. */
function internalFailureLog(logger: Logger): ExchangeObserver {
  const isTimely = onceASecond();
  return ({ failure, requestId, route, detail }) => {
    if (failure !== "internal" || !isTimely()) return;
    logger.error({ requestId, host: route?.host, path: route?.path, detail }, "exchange-failed-internally");
  };
}

function onceASecond(): () => boolean {
  let toldAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - toldAt < 1_000) return false;
    toldAt = performance.now();
    return true;
  };
}
