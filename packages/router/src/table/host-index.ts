import { nearestHost } from "./nearest-host.ts";
import { PathTree } from "./path-tree.ts";
import type { RouteEntry } from "./route-entry.ts";

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

  /** The number of routes. */
  get size(): number {
    return this.#size;
  }

  set(route: RouteEntry): void {
    const tree = this.get(route.host) ?? this.#addHost(route.host);
    if (tree.set(route) === undefined) this.#size++;
  }

  delete(host: string, path: string): void {
    const tree = this.get(host);
    if (tree?.delete(path) === undefined) return;
    this.#size--;
    if (tree.isEmpty) this.#removeHost(host);
  }

  /** The routes of a host as it stands in keys: `example.com`, `*.example.com` or `*`. */
  get(host: string): PathTree | undefined {
    if (host === "*") return this.#any;
    return host.startsWith("*.") ? this.#wildcards.get(host.slice(2)) : this.#exact.get(host);
  }

  /** The routes that decide for a request's host: lower case, no port. */
  find(host: string): PathTree | undefined {
    return this.#exact.get(host) ?? this.#longestSuffix(host) ?? this.#any;
  }

  /** The hosts that match a request's host, as they stand in keys; `find` takes the first of them. */
  candidates(host: string): string[] {
    const found = this.#exact.has(host) ? [host] : [];
    for (let dot = host.indexOf(".", 1); dot !== -1; dot = host.indexOf(".", dot + 1)) {
      const suffix = host.slice(dot + 1);
      if (this.#wildcards.has(suffix)) found.push(`*.${suffix}`);
    }
    return this.#any === undefined ? found : [...found, "*"];
  }

  /** The exact host that is nearest to a request's, which has no route; see {@link nearestHost}. */
  nearest(host: string): string | undefined {
    return nearestHost(this.#exact.keys(), host);
  }

  *routes(): Generator<RouteEntry> {
    for (const tree of this.#exact.values()) yield* tree.routes();
    for (const tree of this.#wildcards.values()) yield* tree.routes();
    if (this.#any !== undefined) yield* this.#any.routes();
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
