// Register 1 of 4: options -> PLAN -> ready -> claim -> keep.
// What a caller asks for is checked here, before anything is written.

import { isIP } from "node:net";

import {
  type Instance,
  type Keys,
  type Parsed,
  keysUnder,
  parseInstance,
  parseName,
} from "@wayleave/records";

import { makeInstanceId } from "./instance-id.ts";
import type { InstanceOptions } from "./instance-options.ts";
import { RegistrarError } from "./registrar-error.ts";
import { type HealthPlan, type HealthSettings, withHealthDefaults } from "./watch-health.ts";

const MIN_TTL_SECONDS = 2; // etcd's own
const EXPIRY_DELAY_MS = 1_000; // etcd looks for expired leases twice a second
const MAX_SERVICE_BYTES = 127;
const MAX_MS = 2 ** 31 - 1; // Node's timers wrap beyond

/** Options that were found valid, with every default that does not need etcd. */
export interface InstancePlan {
  readonly app: string;
  readonly id: string;
  readonly key: string;
  readonly port: number;
  readonly protocol: Instance["protocol"];
  /** Undefined: the local address that reaches etcd. */
  readonly address: string | undefined;
  readonly checkAddress: string | undefined;
  /** The record's fields apart from address and state. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly health: HealthPlan | undefined;
  readonly isReadyAwaited: boolean;
  readonly readyTimeoutMs: number;
  readonly leaveTimeoutMs: number;
  readonly clashTimeoutMs: number;
}

/** What an instance's options are read against. */
export interface PlanContext {
  readonly keys: Keys;
  readonly ttlSeconds: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The context that a registrar's options make; throws a RegistrarError `invalid`. */
export function planContext(options: {
  readonly prefix?: string;
  readonly ttlSeconds?: number;
  readonly environment?: PlanContext["environment"];
}): PlanContext {
  const ttlSeconds = options.ttlSeconds ?? 15;
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < MIN_TTL_SECONDS) {
    throw invalidOption(`ttlSeconds: ${ttlSeconds} is not an integer of ${MIN_TTL_SECONDS} or more`);
  }
  return { keys: keysUnder(options.prefix), ttlSeconds, environment: options.environment ?? process.env };
}

/** Checks the options; throws a RegistrarError `invalid` that names the field. */
export function planInstance(options: InstanceOptions, context: PlanContext): InstancePlan {
  const app = accept(parseName("app", options.app));
  const id = accept(parseName("instance id", options.id ?? makeInstanceId()));
  const { protocol, version, zone, weight, tags, ready: isReadyAwaited = true } = options;
  const port = options.port ?? portOf(context.environment["PORT"]);
  const fields = { port, protocol: protocol ?? "http", version, zone, weight, tags };
  const address = options.address ?? hostOf(context.environment["HOST"]);
  // The whole record goes through the schema that every router will read it by. An address that is
  // not known yet is stood in for: it will come from the kernel, so it will be one.
  const instance = accept(parseInstance(JSON.stringify({ ...fields, address: address ?? "127.0.0.1" })));
  return {
    app,
    id,
    key: context.keys.instance(app, id),
    port,
    protocol: instance.protocol,
    address: address === undefined ? undefined : instance.address,
    checkAddress: options.checkAddress,
    fields,
    // Whoever does not wait for the port knows better than we when it accepts.
    health: planHealth(options.health ?? (isReadyAwaited ? {} : false)),
    isReadyAwaited,
    readyTimeoutMs: duration("readyTimeoutMs", options.readyTimeoutMs ?? 60_000),
    leaveTimeoutMs: duration("leaveTimeoutMs", options.leaveTimeoutMs ?? 5_000),
    clashTimeoutMs: duration(
      "clashTimeoutMs",
      options.clashTimeoutMs ?? context.ttlSeconds * 1_000 + EXPIRY_DELAY_MS,
    ),
  };
}

/** The record's value with an address and a state; fields that are undefined do not stand in it. */
export function recordValue(plan: InstancePlan, address: string, state: "ready" | "draining"): string {
  return JSON.stringify({ address, ...plan.fields, state });
}

function planHealth(settings: HealthSettings | false): HealthPlan | undefined {
  if (settings === false) return undefined;
  const health = withHealthDefaults(settings);
  if (health.path?.startsWith("/") === false)
    throw invalidOption(`health.path: ${health.path} does not start with /`);
  if (health.path !== undefined && health.grpc !== undefined)
    throw invalidOption("health: either a path or gRPC's health check, not both");
  if (Buffer.byteLength(health.grpc ?? "") > MAX_SERVICE_BYTES)
    throw invalidOption(`health.grpc: longer than ${MAX_SERVICE_BYTES} bytes`);
  duration("health.intervalMs", health.intervalMs, 1);
  duration("health.timeoutMs", health.timeoutMs, 1);
  count("health.unhealthyAfter", health.unhealthyAfter);
  count("health.healthyAfter", health.healthyAfter);
  return health;
}

function portOf(text: string | undefined): number {
  if (text === undefined) throw invalidOption("port: not given, and the environment has no PORT");
  return Number(text);
}

// Many shells and images set HOST to a name or to the wildcard that servers listen on: no address to call.
function hostOf(text: string | undefined): string | undefined {
  const isWildcard = text === "0.0.0.0" || text === "::";
  return text === undefined || isWildcard || isIP(text) === 0 ? undefined : text;
}

function accept<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw invalidOption(parsed.reason);
}

function duration(field: string, ms: number, leastMs = 0): number {
  if (ms >= leastMs && ms <= MAX_MS) return ms;
  throw invalidOption(`${field}: ${ms} is not between ${leastMs} and ${MAX_MS} milliseconds`);
}

function count(field: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw invalidOption(`${field}: ${value} is not a count of 1 or more`);
}

function invalidOption(reason: string): RegistrarError {
  return new RegistrarError("invalid", reason);
}
