// A route's policy with every default filled in: the route's own word, then the settings', then ours.

import type { Affinity, Balance, InstanceTls, PolicyRecord, Settings } from "@wayleave/records";

/** What holds for one exchange. Milliseconds, bytes and counts; undefined is no limit. */
export interface Policy {
  readonly balance: Balance;
  readonly affinity: Affinity;
  readonly connectMs: number;
  readonly answerHeadMs: number;
  readonly bodyIdleMs: number;
  readonly exchangeMs: number | undefined;
  readonly attempts: number;
  readonly maxBodyBytes: number | undefined;
  readonly connectionsPerInstance: number;
  readonly upgradedMs: number | undefined;
  readonly ejection: {
    readonly consecutiveFailures: number;
    readonly baseMs: number;
    readonly maxMs: number;
  };
  readonly https: {
    readonly redirect: boolean;
    readonly port: number;
    readonly hstsSeconds: number | undefined;
    readonly clientCertificate: "optional" | "required";
  };
  readonly instanceTls: InstanceTlsPolicy;
  readonly slowStartMs: number | undefined;
}

/** What instances that speak TLS have to prove; see the record's schema. One object for as long as its policy holds. */
export interface InstanceTlsPolicy {
  readonly ca: string | undefined;
  readonly servername: string | undefined;
  readonly identity: "address" | "servername" | "instance-id";
  readonly clientCertificate: string | undefined;
}

/** What holds on a listener before a route is known. */
export interface ListenerPolicy {
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  readonly headMs: number;
  readonly bodyIdleMs: number;
  readonly keepAliveMs: number;
  readonly maxConnections: number;
}

/** Fills in a route's policy. Pure. */
export function resolvePolicy(own: PolicyRecord, settings: PolicyRecord): Policy {
  const timeouts = { ...settings.timeouts, ...own.timeouts };
  const limits = { ...settings.limits, ...own.limits };
  const https = { ...settings.https, ...own.https };
  const ejection = { ...settings.ejection, ...own.ejection };
  return {
    balance: own.balance ?? settings.balance ?? "round-robin",
    affinity: own.affinity ?? settings.affinity ?? { mode: "none" },
    connectMs: timeouts.connectMs ?? 2_000,
    answerHeadMs: timeouts.answerHeadMs ?? 60_000,
    bodyIdleMs: timeouts.bodyIdleMs ?? 60_000,
    exchangeMs: timeouts.exchangeMs,
    attempts: own.retries?.attempts ?? settings.retries?.attempts ?? 3,
    maxBodyBytes: limits.maxBodyBytes,
    connectionsPerInstance: limits.connectionsPerInstance ?? 500,
    upgradedMs: limits.upgradedMs,
    ejection: {
      consecutiveFailures: ejection.consecutiveFailures ?? 5,
      baseMs: ejection.baseMs ?? 10_000,
      maxMs: ejection.maxMs ?? 300_000,
    },
    https: {
      redirect: https.redirect ?? false,
      port: https.port ?? 443,
      hstsSeconds: https.hstsSeconds,
      clientCertificate: https.clientCertificate ?? "optional",
    },
    instanceTls: resolveInstanceTls({ ...settings.instanceTls, ...own.instanceTls }),
    slowStartMs: own.slowStartMs ?? settings.slowStartMs,
  };
}

function resolveInstanceTls({ ca, servername, identity, clientCertificate }: InstanceTls): InstanceTlsPolicy {
  return {
    ca,
    servername,
    identity: identity ?? (servername === undefined ? "address" : "servername"),
    clientCertificate,
  };
}

/** Fills in the listener's limits. Pure. */
export function resolveListenerPolicy(settings: Settings): ListenerPolicy {
  const own = settings.listener ?? {};
  return {
    maxHeadBytes: own.maxHeadBytes ?? 32 * 1024,
    maxHeaders: own.maxHeaders ?? 100,
    headMs: own.headMs ?? 10_000,
    bodyIdleMs: settings.timeouts?.bodyIdleMs ?? 60_000,
    keepAliveMs: own.keepAliveMs ?? 75_000,
    maxConnections: own.maxConnections ?? 50_000,
  };
}
