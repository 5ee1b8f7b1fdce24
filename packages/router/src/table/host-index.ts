import type { Route } from "@wayleave/records";

import { LateChanges } from "./late-changes.ts";
import { nearestHost } from "./nearest-host.ts";
import { PathTree } from "./path-tree.ts";
import { RouteEntry } from "./route-entry.ts";
import type { RouteChange } from "./table-change.ts";

/** A route that another record took the place of, or none. */
export interface ReplacedRoute {
  readonly before: RouteEntry;
  readonly after: Route | null;
}

/**
 * All routes by host: exact hosts, `*.suffix`, and `*`. The most specific host that has a route decides,
 * whatever the path: a path that it does not have is a 404, and never goes on to a wildcard. With it,
 * `*.example.com` of one owner would get the requests, and the cookies, of `shop.example.com` of another.
 * (nginx and Envoy decide so; gorouter and Traefik go on.)
 */
export class HostIndex {
  readonly #exact = new Map<string, PathTree>();
  /** By the suffix behind `*.`. */
  readonly #wildcards = new Map<string, PathTree>();
  /** How many wildcard hosts have a suffix of so many labels: no longer suffix is looked up. */
  readonly #wildcardsByLabels: number[] = [];
  #any: PathTree | undefined;
  #size = 0;
  #prepared = new LateChanges<RouteChange>();
  /** Prepared, and not to be late: they decide for hosts of any name, and are few. */
  #preparedWildcards: RouteChange[] = [];
  #late = new LateChanges<RouteChange>();
  #replaced: ReplacedRoute[] = [];

  /** The number of routes. */
  get size(): number {
    this.settle(Number.POSITIVE_INFINITY);
    return this.#size;
  }

  get isSettled(): boolean {
    return this.#late.isEmpty;
  }

  /** Takes a change that comes into force with the next {@link HostIndex.commit}. */
  prepare(change: RouteChange): void {
    if (change.host.startsWith("*")) this.#preparedWildcards.push(change);
    else this.#prepared.add(change.host, change);
  }

  /** Puts in force what was prepared. Its cost is that of the wildcard hosts in it. */
  commit(): void {
    this.settle(Number.POSITIVE_INFINITY);
    this.#late = this.#prepared;
    this.#prepared = new LateChanges();
    for (const change of this.#preparedWildcards) this.put(change);
    this.#preparedWildcards = [];
  }

  /** Puts one change in force. */
  put(change: RouteChange): void {
    this.#workIn(this.get(change.host), change);
  }

  /** Works in what is late, host by host, until so many changes are; gives how many. */
  settle(most: number): number {
    let settled = 0;
    for (const host of this.#late.places()) {
      settled += this.#settle(host);
      if (settled >= most) break;
    }
    return settled;
  }

  /** Takes out the routes that were replaced or removed since it was last called. */
  takeReplaced(): readonly ReplacedRoute[] {
    const replaced = this.#replaced;
    if (replaced.length > 0) this.#replaced = [];
    return replaced;
  }

  /** The routes of a host as it stands in keys: `example.com`, `*.example.com` or `*`. */
  get(host: string): PathTree | undefined {
    if (!this.#late.isEmpty) this.#settle(host);
    return this.#known(host);
  }

  /** The routes that decide for a request's host: lower case, no port. */
  find(host: string): PathTree | undefined {
    if (!this.#late.isEmpty) this.#settle(host);
    return this.#exact.get(host) ?? this.#longestSuffix(host) ?? this.#any;
  }

  /** The hosts that match a request's host, as they stand in keys; `find` takes the first of them. */
  candidates(host: string): string[] {
    const found = this.get(host) === undefined ? [] : [host];
    for (let dot = host.indexOf(".", 1); dot !== -1; dot = host.indexOf(".", dot + 1)) {
      const suffix = host.slice(dot + 1);
      if (this.#wildcards.has(suffix)) found.push(`*.${suffix}`);
    }
    return this.#any === undefined ? found : [...found, "*"];
  }

  /** The exact host that is nearest to a request's, which has no route; see {@link nearestHost}. */
  nearest(host: string): string | undefined {
    const nearest = nearestHost(this.#exact.keys(), host);
    return nearest === undefined || this.get(nearest) === undefined ? undefined : nearest;
  }

  *routes(): Generator<RouteEntry> {
    this.settle(Number.POSITIVE_INFINITY);
    for (const tree of this.#exact.values()) yield* tree.routes();
    for (const tree of this.#wildcards.values()) yield* tree.routes();
    if (this.#any !== undefined) yield* this.#any.routes();
  }

  #settle(host: string): number {
    const changes = this.#late.take(host);
    for (const change of changes) this.#workIn(this.#known(host), change);
    return changes.length;
  }

  #workIn(known: PathTree | undefined, { host, path, route }: RouteChange): void {
    if (route === null) return this.#remove(known, host, path);
    const tree = known ?? this.#addHost(host);
    const before = tree.set(new RouteEntry(host, path, route));
    if (before === undefined) this.#size++;
    else this.#replaced.push({ before, after: route });
  }

  #remove(known: PathTree | undefined, host: string, path: string): void {
    const removed = known?.delete(path);
    if (removed === undefined) return;
    this.#size--;
    this.#replaced.push({ before: removed, after: null });
    if (known?.isEmpty === true) this.#removeHost(host);
  }

  #known(host: string): PathTree | undefined {
    if (host === "*") return this.#any;
    return host.startsWith("*.") ? this.#wildcards.get(host.slice(2)) : this.#exact.get(host);
  }

  #longestSuffix(host: string): PathTree | undefined {
    let found: PathTree | undefined;
    let dot = host.length;
    for (let labels = 1; labels < this.#wildcardsByLabels.length; labels++) {
      dot = host.lastIndexOf(".", dot - 1);
      // At 0 there is no label to the left; from -1 on lastIndexOf would begin anew at the end.
      if (dot <= 0) break;
      if (this.#wildcardsByLabels[labels] !== 0) found = this.#wildcards.get(host.slice(dot + 1)) ?? found;
    }
    return found;
  }

  #addHost(host: string): PathTree {
    const tree = new PathTree();
    if (host === "*") this.#any = tree;
    else if (host.startsWith("*.")) {
      this.#wildcards.set(host.slice(2), tree);
      this.#countWildcard(host, 1);
    } else this.#exact.set(host, tree);
    return tree;
  }

  #removeHost(host: string): void {
    if (host === "*") this.#any = undefined;
    else if (host.startsWith("*.")) {
      this.#wildcards.delete(host.slice(2));
      this.#countWildcard(host, -1);
    } else this.#exact.delete(host);
  }

  #countWildcard(host: string, by: 1 | -1): void {
    const counts = this.#wildcardsByLabels;
    const labels = host.split(".").length - 1;
    while (counts.length <= labels) counts.push(0);
    counts[labels] = (counts[labels] ?? 0) + by;
  }
}
