// What a router is made of, and which part knows which.

import { formatAddress, keysUnder, parseName } from "@wayleave/records";
import { type Logger, pino } from "pino";

import { Admin } from "./admin/admin.ts";
import type { Readiness } from "./admin/readiness.ts";
import { Control } from "./control/control.ts";
import { allowedAddresses } from "./control/guards/allowed-addresses.ts";
import { reachableHost } from "./control/platform-addresses.ts";
import { affinityKeyOf } from "./affinity-key.ts";
import { type DataPlane, createDataPlane } from "./data-plane.ts";
import { ControlCounts } from "./observe/control-counts.ts";
import { Metrics } from "./observe/metrics.ts";
import { newReplicaId } from "./replica-id.ts";
import type { ListenAt, RouterSettings } from "./router-settings.ts";
import { VERSION } from "./version.ts";

const DEFAULT_ADMIN: ListenAt = { host: "127.0.0.1", port: 9080 };

export interface RouterParts {
  readonly id: string;
  readonly logger: Logger;
  readonly dataPlane: DataPlane;
  readonly control: Control;
  readonly admin: Admin;
  readonly readiness: Readiness;
  /** `address:port` that no instance may have; to be filled before the control starts. */
  readonly forbidden: Set<string>;
}

/** Makes the parts; nothing runs yet. Throws a RangeError for a setting that makes no sense. */
export function createParts(settings: RouterSettings): RouterParts {
  const { store, stateDir, instanceCidrs = [] } = settings;
  const id = replicaId(settings.id);
  const keys = keysUnder(settings.prefix);
  const logger = settings.logger ?? pino({ level: "silent" });
  const affinityKey = affinityKeyOf(settings.affinityKey, keys.prefix);
  const suspectRefused = (instance: { app: string; id: string }): void =>
    control.connectionRefused(instance.app, instance.id);
  const dataPlane = createDataPlane({ ...settings, id, affinityKey, logger, suspectRefused });
  const since = new Date();
  const controlCounts = new ControlCounts();
  const forbidden = new Set<string>();
  const control: Control = new Control({
    store,
    keys,
    check: allowedAddresses({ cidrs: instanceCidrs, forbidden }),
    sink: dataPlane,
    observer: controlCounts,
    logger,
    id,
    replica: () => ({ admin: reachable(admin.at), version: VERSION, since: since.toISOString(), workers: 0 }),
    stateDir,
  });
  const { table, engine, exchangeCounts, engineName } = dataPlane;
  const connections = (): number => engine.connections;
  const sources = { version: VERSION, engine: engineName, table, control, exchangeCounts, connections };
  const metrics = new Metrics({ ...sources, controlCounts });
  const readiness: Readiness = { listen: undefined, isClosing: false };
  const zone = settings.zone ?? null;
  const { endpoints } = store;
  const admin: Admin = new Admin({
    at: settings.admin ?? DEFAULT_ADMIN,
    token: settings.adminToken,
    logger,
    sources: { ...sources, id, zone, since, endpoints, prefix: keys.prefix, readiness, metrics },
  });
  return { id, logger, dataPlane, control, admin, readiness, forbidden };
}

function replicaId(given: string | undefined): string {
  const name = parseName("replica id", given ?? newReplicaId());
  if (!name.ok) throw new RangeError(name.reason);
  return name.value;
}

function reachable({ host, port }: ListenAt): string {
  return formatAddress(reachableHost(host), port);
}
