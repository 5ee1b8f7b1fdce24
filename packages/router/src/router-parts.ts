// What a router is made of, and which part knows which.

import { randomBytes } from "node:crypto";

import { formatAddress, keysUnder, parseName } from "@wayleave/records";
import { type Logger, pino } from "pino";

import { Admin } from "./admin/admin.ts";
import type { Readiness } from "./admin/readiness.ts";
import type { ControlObserver } from "./control/control-observer.ts";
import { Control } from "./control/control.ts";
import { CertificateFolder, type CertificateFolderSettings } from "./certificates/certificate-folder.ts";
import {
  ClientAuthorityFile,
  type ClientAuthorityFileSettings,
} from "./certificates/client-authority-file.ts";
import { certificateCheck } from "./certificates/check-certificate.ts";
import { sealKeysOf } from "./certificates/seal-keys.ts";
import { allowedAddresses } from "./control/guards/allowed-addresses.ts";
import { PlatformAddresses, reachableHost } from "./control/platform-addresses.ts";
import { affinityKeyOf } from "./affinity-key.ts";
import { type DataPlane, createDataPlane } from "./data-plane.ts";
import { Live } from "./live/live.ts";
import { LocalPlane } from "./local-plane.ts";
import { ControlCounts } from "./observe/control-counts.ts";
import { Metrics } from "./observe/metrics.ts";
import { startTracing } from "./observe/traces/start-tracing.ts";
import type { Tracing } from "./observe/traces/tracing.ts";
import { newReplicaId } from "./replica-id.ts";
import type { ListenAt, RouterSettings } from "./router-settings.ts";
import { VERSION } from "./version.ts";
import { type FleetNews, type FleetSettings, WorkerFleet } from "./workers/worker-fleet.ts";

const DEFAULT_ADMIN: ListenAt = { host: "127.0.0.1", port: 9080 };
/** What runs may go on for so long when the router closes. */
export const DRAIN_TIMEOUT_MS = 30_000;
const ORPHAN_TIMEOUT_MS = 60_000;

export interface RouterParts {
  readonly id: string;
  readonly logger: Logger;
  readonly dataPlane: DataPlane;
  /** The data plane, when it is of processes. */
  readonly fleet: WorkerFleet | undefined;
  /** Spans of what this process takes: none where workers do. */
  readonly tracing: Tracing | undefined;
  readonly control: Control;
  /** Files that are followed: what is in them goes to the table. */
  readonly followedFiles: readonly FollowedFiles[];
  readonly admin: Admin;
  readonly readiness: Readiness;
  /** What no instance may be; to be filled before the control starts. */
  readonly forbidden: PlatformAddresses;
}

/** Reads once at its start, which rejects when that cannot be, and then follows. */
export interface FollowedFiles {
  start(): Promise<void>;
  close(): void;
}

/** Makes the parts; nothing runs yet. Throws a RangeError for a setting that makes no sense. */
export async function createParts(settings: RouterSettings): Promise<RouterParts> {
  const { store, stateDir, instanceCidrs = [], allowPlainKeys = false } = settings;
  const id = replicaId(settings.id);
  const keys = keysUnder(settings.prefix);
  const logger = settings.logger ?? pino({ level: "silent" });
  const affinityKey = affinityKeyOf(settings.affinityKey, keys.prefix);
  const live = new Live();
  const news: FleetNews = {
    ...live.news,
    suspectRefused: ({ app, id: instance }) => control.connectionRefused(app, instance),
  };
  const hasWorkers = (settings.workers ?? 0) > 0;
  const tracing = await startTracing(hasWorkers ? undefined : settings.traces, { id, logger });
  const { fleet, dataPlane } = createPlane(settings, { id, affinityKey, logger, news, tracing });
  const since = new Date();
  const controlCounts = new ControlCounts();
  const forbidden = new PlatformAddresses();
  const control: Control = new Control({
    store,
    keys,
    checks: {
      address: allowedAddresses({ cidrs: instanceCidrs, forbidden }),
      certificate: certificateCheck({ sealKeys: sealKeysOf(settings), mayBePlain: allowPlainKeys }),
    },
    sink: dataPlane,
    observer: observers(controlCounts, live),
    logger,
    id,
    replica: () => ({
      admin: reachable(admin.at),
      version: VERSION,
      since: since.toISOString(),
      workers: fleet?.count ?? 0,
    }),
    stateDir,
  });
  const { table, engine, exchangeCounts, engineName } = dataPlane;
  const connections = (): number => engine.connections;
  const sources = { version: VERSION, engine: engineName, table, control, exchangeCounts, connections };
  live.use({ plane: dataPlane, keys, records: control.records });
  const metrics = new Metrics({
    ...sources,
    instanceSessions: () => engine.instanceSessions,
    controlCounts,
    fleet,
    refresh: () => dataPlane.refresh(),
    unhealthyRoutes: () => live.health.unhealthyRoutes(),
  });
  const readiness: Readiness = { listen: undefined, isClosing: false };
  const { zone = null } = settings;
  const admin: Admin = new Admin({
    at: settings.admin ?? DEFAULT_ADMIN,
    token: settings.adminToken,
    logger,
    sources: { ...sources, id, since, keys, readiness, metrics, fleet, plane: dataPlane, live, store, zone },
  });
  const followedFiles = filesOf(settings, { control, live, logger });
  return { id, logger, dataPlane, fleet, tracing, control, followedFiles, admin, readiness, forbidden };
}

function filesOf(
  { certificatesDir: directory, clientCa }: RouterSettings,
  { control, live, logger }: Pick<RouterParts, "control" | "logger"> & { readonly live: Live },
): FollowedFiles[] {
  const files: FollowedFiles[] = [];
  const refused = (file: string, reason: string): void => {
    const text = `${file} was refused: ${reason}; the last good one, if there was one, stays in force`;
    live.happened({ kind: "rejected", level: "warn", text });
  };
  if (directory !== undefined) {
    const changed: CertificateFolderSettings["changed"] = (certificates) =>
      control.filesChanged({ certificates });
    files.push(new CertificateFolder({ directory, logger, changed, refused }));
  }
  if (clientCa !== undefined) {
    const changed: ClientAuthorityFileSettings["changed"] = (clientAuthority) =>
      control.filesChanged({ clientAuthority });
    files.push(new ClientAuthorityFile({ ...clientCa, logger, changed, refused }));
  }
  return files;
}

// The counts become metrics, the rest is told as it happens.
function observers(counts: ControlCounts, live: Live): ControlObserver {
  return {
    ...live.observer,
    changeApplied: (seconds) => counts.changeApplied(seconds),
    watchEnded: (reason) => counts.watchEnded(reason),
    audited: (differences) => counts.audited(differences),
    listed: (reason, differences) => {
      counts.listed(reason);
      live.observer.listed(reason, differences);
    },
  };
}

function createPlane(
  settings: RouterSettings,
  more: {
    readonly id: string;
    readonly affinityKey: string;
    readonly logger: Logger;
    readonly news: FleetNews;
    readonly tracing: Tracing | undefined;
  },
): { readonly fleet: WorkerFleet | undefined; readonly dataPlane: DataPlane } {
  const { id, affinityKey, logger, news, tracing } = more;
  const plane = { ...dataPlaneSettings(settings), id, affinityKey, ticketSecret: ticketSecretOf(settings) };
  const fleet = createFleet(settings, { worker: plane, logger, news });
  if (fleet !== undefined) return { fleet, dataPlane: fleet };
  const local = createDataPlane({ ...settings, ...plane, logger, news, tracing });
  return { fleet, dataPlane: new LocalPlane(local, news) };
}

function createFleet(
  { workers = 0, drainTimeoutMs, orphanTimeoutMs, writeAccessLog }: RouterSettings,
  more: Omit<FleetSettings, "count" | "worker"> & {
    readonly worker: Omit<FleetSettings["worker"], "drainTimeoutMs" | "orphanTimeoutMs">;
  },
): WorkerFleet | undefined {
  if (workers === 0) return undefined;
  if (writeAccessLog !== undefined) throw new RangeError("writeAccessLog: workers write to standard output");
  const worker = {
    ...more.worker,
    drainTimeoutMs: drainTimeoutMs ?? DRAIN_TIMEOUT_MS,
    orphanTimeoutMs: orphanTimeoutMs ?? ORPHAN_TIMEOUT_MS,
  };
  return new WorkerFleet({ ...more, count: workers, worker });
}

/** One for all workers, and with seal keys one for all replicas. */
function ticketSecretOf(settings: RouterSettings): string {
  return (sealKeysOf(settings).derive("ticket secret") ?? randomBytes(32)).toString("hex");
}

/** What a worker gets of the settings: it is sent to another process, and the rest cannot be. */
function dataPlaneSettings(settings: RouterSettings) {
  const { engine, accessLog, traces, trustedProxies, zone, proxyProtocol, sealKeys, listenTls } = settings;
  if (settings.clientCa !== undefined && listenTls === undefined) {
    throw new RangeError("clients are asked for certificates only over TLS: --client-ca needs --listen-tls");
  }
  if (listenTls !== undefined && engine === "http-proxy") {
    throw new RangeError("the engine http-proxy takes no TLS: use the engine wire");
  }
  return {
    ...(engine !== undefined && { engine }),
    ...(accessLog !== undefined && { accessLog }),
    ...(traces !== undefined && { traces }),
    ...(trustedProxies !== undefined && { trustedProxies }),
    ...(zone !== undefined && { zone }),
    ...(proxyProtocol !== undefined && { proxyProtocol }),
    ...(sealKeys !== undefined && { sealKeys }),
  };
}

function replicaId(given: string | undefined): string {
  const name = parseName("replica id", given ?? newReplicaId());
  if (!name.ok) throw new RangeError(name.reason);
  return name.value;
}

function reachable({ host, port }: ListenAt): string {
  return formatAddress(reachableHost(host), port);
}
