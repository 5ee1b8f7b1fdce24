// Where the two paths meet: the config path calls `apply`, the request path `match` and `pick`. Both run
// to their end in one turn, so no request sees half a change.

import type { PolicyRecord, Settings } from "@wayleave/records";

import type { AppEntry, AppSettings } from "./app-entry.ts";
import { AppIndex } from "./app-index.ts";
import type { Ask } from "./ask.ts";
import { CertificateIndex } from "./certificate-index.ts";
import { explain, type Explanation } from "./explain.ts";
import { HostIndex } from "./host-index.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { opaqueIdOf } from "./affinity.ts";
import { type PickOptions, type Picked, pick } from "./pick.ts";
import { type ListenerPolicy, type Policy, resolveListenerPolicy, resolvePolicy } from "./policy.ts";
import type { Defaults, RouteEntry } from "./route-entry.ts";
import type { ClientAuthority, RecordChanges, TableChange } from "./table-change.ts";

export interface TableSettings extends Partial<AppSettings> {
  /** The secret behind affinity cookies: the same on every replica, or sessions do not stick. */
  readonly affinityKey: string;
}

/** What a change did that others must act on. */
export interface AppliedChange {
  /** Instances that get no new exchange from now on: gone, draining, or moved to another address. */
  readonly withdrawn: readonly InstanceEntry[];
  /** Somewhere, instances have to prove something else from now on. */
  readonly hasNewTrust: boolean;
  /** Routes that are gone, and not only replaced. */
  readonly removed: readonly RouteEntry[];
}

/** What a router routes by, at one revision. */
export class Table {
  readonly #appSettings: AppSettings;
  readonly #hosts = new HostIndex();
  readonly #apps: AppIndex;
  /** Which certificate serves which host. */
  readonly certificates = new CertificateIndex();
  #filedAuthority: ClientAuthority | undefined;
  #settingsAuthority: ClientAuthority | undefined;
  #revision = 0;
  #hasPrepared = false;
  #hasNewTrust = false;
  #defaults: Defaults = defaultsOf({});
  #listenerPolicy: ListenerPolicy = resolveListenerPolicy({});
  readonly #ask: Ask = emptyAsk();

  constructor(settings: TableSettings) {
    const { zone, affinityKey, ejectionChanged } = settings;
    this.#appSettings = { zone, affinityKey, ejectionChanged };
    this.#apps = new AppIndex(this.#appSettings);
  }

  /** The revision that was applied last; 0 before the first. */
  get revision(): number {
    return this.#revision;
  }

  get settings(): Settings {
    return this.#defaults.settings;
  }

  get listenerPolicy(): ListenerPolicy {
    return this.#listenerPolicy;
  }

  /** Whose certificates clients may show; undefined: they are asked for none. */
  get clientAuthority(): ClientAuthority | undefined {
    return this.#filedAuthority ?? this.#settingsAuthority;
  }

  /** The one of them that no record holds. */
  get filedAuthority(): ClientAuthority | undefined {
    return this.#filedAuthority;
  }

  get routeCount(): number {
    return this.#hosts.size;
  }

  get appCount(): number {
    return this.#apps.size;
  }

  get instanceCount(): number {
    return this.#apps.instanceCount;
  }

  /**
   * Takes records of the next change ahead of it, in as many slices as there may be turns; nothing of them is in force before
   * {@link Table.apply}, and they count before that change's own.
   */
  prepare({ routes, instances }: RecordChanges): void {
    for (const route of routes) this.#hosts.prepare(route);
    for (const instance of instances) this.#apps.prepare(instance);
    this.#hasPrepared = true;
  }

  /**
   * Applies one change whole. Its cost does not grow with the table: O(1) for settings and for each
   * route; for each instance at most O(n) in the n instances of its app, a move of pointers (bench/table.ts).
   * What was prepared costs nothing now: it is worked in as it is asked for, and by {@link Table.settle}.
   */
  apply(change: TableChange): AppliedChange {
    if (this.#hasPrepared) this.#commit();
    if (change.settings !== undefined) this.#applySettings(change.settings ?? {});
    this.#filedAuthority = change.clientAuthority ?? this.#filedAuthority;
    for (const { name, certificate } of change.certificates ?? []) this.certificates.set(name, certificate);
    for (const route of change.routes) this.#hosts.put(route);
    for (const instance of change.instances) this.#apps.put(instance);
    this.#revision = change.revision;
    return this.#takeApplied();
  }

  /** Whether all that is in force is worked in. */
  get isSettled(): boolean {
    return this.#hosts.isSettled && this.#apps.isSettled;
  }

  /** Works in about so many changes that are in force. */
  settle(most: number): AppliedChange {
    const settled = this.#hosts.settle(most);
    if (settled < most) this.#apps.settle(most - settled);
    return this.#takeApplied();
  }

  /**
   * The route of a request: `host` lower case and without port, `path` normalized and without query.
   * The most specific host decides, then its longest path prefix; see {@link HostIndex}.
   */
  match(host: string, path: string): RouteEntry | undefined {
    return this.#hosts.find(host)?.longest(path);
  }

  /**
   * Of a request that has no route: a hint at the host that was meant, for the client's eyes. undefined when there is
   * none, when the host is known, or when the setting `diagnostics` is not on.
   */
  hint(host: string): string | undefined {
    if (this.settings.diagnostics !== true || this.#hosts.find(host) !== undefined) return undefined;
    const nearest = this.#hosts.nearest(host);
    return nearest === undefined ? undefined : `Did you mean ${nearest}?`;
  }

  /** The policy of a route as the settings are now: an exchange takes it once. */
  policy(route: RouteEntry): Policy {
    return route.policyUnder(this.#defaults);
  }

  /** An instance for an exchange on a route, or why there is none. It takes the instance's turn. */
  pick(route: RouteEntry, options: PickOptions): Picked {
    return pick(this.#apps, route, options, this.#fill(options, false));
  }

  /** What `match` and `pick` would give now, and why everything else lost. It takes no turn. */
  explain(host: string, path: string, options: Omit<PickOptions, "policy">): Explanation {
    const route = this.match(host, path);
    const full = { ...options, policy: route === undefined ? this.#defaults.policy : this.policy(route) };
    return explain(
      { revision: this.#revision, zone: this.#appSettings.zone, hosts: this.#hosts, apps: this.#apps },
      { host, path, options: full, ask: this.#fill(full, true) },
    );
  }

  /** What an affinity cookie says of an instance; {@link PickOptions.opaqueId} finds it again. */
  opaqueId(entry: InstanceEntry): string {
    return opaqueIdOf(entry, this.#appSettings.affinityKey);
  }

  /** The route at exactly this place. */
  route(host: string, path: string): RouteEntry | undefined {
    return this.#hosts.get(host)?.get(path);
  }

  app(name: string): AppEntry | undefined {
    return this.#apps.get(name);
  }

  /** All routes, by host; for the admin API. */
  routes(): Generator<RouteEntry> {
    return this.#hosts.routes();
  }

  apps(): IterableIterator<AppEntry> {
    return this.#apps.values();
  }

  *instances(): Generator<InstanceEntry> {
    for (const app of this.#apps.values()) yield* app.instances.values();
  }

  #applySettings(settings: Settings): void {
    this.#hasNewTrust ||= !hasSameTrust(this.#defaults.settings, settings);
    this.#defaults = defaultsOf(settings);
    this.#listenerPolicy = resolveListenerPolicy(settings);
    const authority = authorityOf(settings);
    // Whoever keeps something of it knows it again when other settings change.
    if (!isSameAuthority(authority, this.#settingsAuthority)) this.#settingsAuthority = authority;
  }

  #commit(): void {
    this.#hasPrepared = false;
    this.#hosts.commit();
    this.#apps.commit();
  }

  #takeApplied(): AppliedChange {
    const replaced = this.#hosts.takeReplaced();
    const hasNewTrust =
      this.#hasNewTrust || replaced.some(({ before, after }) => !hasSameTrust(before.record, after));
    this.#hasNewTrust = false;
    const removed = replaced.filter(({ after }) => after === null).map(({ before }) => before);
    return { withdrawn: this.#apps.takeWithdrawn(), hasNewTrust, removed };
  }

  #fill(options: PickOptions, isRehearsal: boolean): Ask {
    const ask = this.#ask;
    ask.now = options.now;
    ask.random = options.random;
    ask.tried = options.tried;
    ask.maxActive = options.policy.connectionsPerInstance;
    ask.slowStartMs = options.policy.slowStartMs;
    ask.hashKey = options.hashKey;
    ask.usesEjected = false;
    ask.isRehearsal = isRehearsal;
    ask.destination = undefined;
    ask.metSaturated = false;
    return ask;
  }
}

function hasSameTrust({ instanceTls: was }: PolicyRecord, after: PolicyRecord | null): boolean {
  const is = after?.instanceTls;
  return was === is || JSON.stringify(was) === JSON.stringify(is);
}

function authorityOf({ listener }: Settings): ClientAuthority | undefined {
  const asked = listener?.clientCertificates;
  return asked && { certificates: asked.ca, isRequired: asked.mode === "require" };
}

function isSameAuthority(a: ClientAuthority | undefined, b: ClientAuthority | undefined): boolean {
  return a?.certificates === b?.certificates && a?.isRequired === b?.isRequired;
}

function defaultsOf(settings: Settings): Defaults {
  return { settings, policy: resolvePolicy({}, settings) };
}

function emptyAsk(): Ask {
  return {
    now: 0,
    random: () => 0,
    tried: undefined,
    maxActive: 0,
    slowStartMs: undefined,
    hashKey: undefined,
    usesEjected: false,
    isRehearsal: false,
    destination: undefined,
    metSaturated: false,
  };
}
