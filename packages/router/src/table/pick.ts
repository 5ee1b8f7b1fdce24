// Request path 3 of 7: read -> match -> PICK -> connect -> forward -> relay -> log.

import type { Destination } from "@wayleave/records";

import type { AppEntry } from "./app-entry.ts";
import { type Ask, whyLeftOut } from "./ask.ts";
import { type BalancerKind, balancerKindFor } from "./balance/create-balancer.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import type { Policy } from "./policy.ts";
import type { RouteEntry } from "./route-entry.ts";

/** What the request path tells of an exchange that needs an instance. */
export interface PickOptions {
  readonly policy: Policy;
  /** Epoch milliseconds. */
  readonly now: number;
  /** A number from 0 to below 1. */
  readonly random: () => number;
  /** Instances that this exchange has tried: they are not picked again. */
  readonly tried?: readonly InstanceEntry[] | undefined;
  /** The value of the header, cookie or client address that `balance: {hash}` names. */
  readonly hashKey?: string | undefined;
  /** The value of the affinity cookie, whatever the client made of it. */
  readonly opaqueId?: string | undefined;
}

/** An instance, or why there is none. */
export type Picked = InstanceEntry | "no-instances" | "instances-saturated";

/** The apps of a table, by name. */
export interface Apps {
  get(name: string): AppEntry | undefined;
}

/**
 * Picks the instance for an exchange: the one that its cookie names, if that may serve, else one of a
 * destination chosen by weight. A destination with nobody to serve leaves its share to the others.
 */
export function pick(apps: Apps, route: RouteEntry, options: PickOptions, ask: Ask): Picked {
  const kind = balancerKindFor(options.policy.balance, options.hashKey);
  const sticky = options.opaqueId === undefined ? undefined : pickSticky(apps, route, options.opaqueId, ask);
  const { to } = route.record;
  const entry =
    sticky ?? (to.length === 1 ? pickFrom(apps, to[0], kind, ask) : pickByWeight(apps, route, kind, ask));
  return entry ?? (ask.metSaturated ? "instances-saturated" : "no-instances");
}

/**
 * The instance that a cookie names, if this route leads to it and it may serve. A suspect and a weight
 * of 0 serve those who stick to them; a draining instance does not: it must become idle.
 */
function pickSticky(apps: Apps, route: RouteEntry, opaqueId: string, ask: Ask): InstanceEntry | undefined {
  for (const to of route.record.to) {
    const { version } = to;
    const app = apps.get(to.app);
    const entry = app?.findOpaque(opaqueId);
    if (app === undefined || entry === undefined || entry.record.state === "draining") continue;
    if (version !== undefined && entry.record.version !== version) continue;
    const selection = app.selection(version);
    ask.usesEjected = selection !== undefined && app.mustUseEjected(selection, ask.now);
    if (whyLeftOut(entry, ask) !== undefined) continue;
    ask.destination = to;
    return entry;
  }
  return undefined;
}

/** One destination's pick. */
function pickFrom(
  apps: Apps,
  to: Destination | undefined,
  kind: BalancerKind,
  ask: Ask,
): InstanceEntry | undefined {
  if (to === undefined || to.weight === 0) return undefined;
  const app = apps.get(to.app);
  const selection = app?.selection(to.version);
  if (app === undefined || selection === undefined) return undefined;
  ask.usesEjected = app.mustUseEjected(selection, ask.now);
  ask.destination = to;
  return selection.pick(ask, kind);
}

/**
 * Smooth weighted round-robin over the destinations, exact: each turn brings every destination its
 * weight, the one that has most serves and pays the sum. Those with nobody to serve sit out.
 */
function pickByWeight(
  apps: Apps,
  route: RouteEntry,
  kind: BalancerKind,
  ask: Ask,
): InstanceEntry | undefined {
  const { to } = route.record;
  const { turns } = route;
  while (turns.length < to.length) turns.push(0);
  let without: number[] | undefined;
  for (;;) {
    const chosen = mostDue(to, turns, without);
    if (chosen === -1) return undefined;
    const entry = pickFrom(apps, to[chosen], kind, ask);
    if (entry !== undefined) {
      if (!ask.isRehearsal) takeTurn(to, turns, chosen, without);
      return entry;
    }
    (without ??= []).push(chosen);
  }
}

function mostDue(
  to: readonly Destination[],
  turns: readonly number[],
  without: readonly number[] | undefined,
): number {
  let chosen = -1;
  let most = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < to.length; at++) {
    const weight = to[at]?.weight ?? 1;
    const due = (turns[at] ?? 0) + weight;
    if (weight === 0 || due <= most || without?.includes(at) === true) continue;
    chosen = at;
    most = due;
  }
  return chosen;
}

function takeTurn(
  to: readonly Destination[],
  turns: number[],
  chosen: number,
  without: readonly number[] | undefined,
): void {
  let sum = 0;
  for (let at = 0; at < to.length; at++) {
    if (without?.includes(at) === true) continue;
    const weight = to[at]?.weight ?? 1;
    sum += weight;
    turns[at] = (turns[at] ?? 0) + weight;
  }
  turns[chosen] = (turns[chosen] ?? 0) - sum;
}
