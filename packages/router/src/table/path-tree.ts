import type { RouteEntry } from "./route-entry.ts";

/**
 * Routes by path: a tree of path segments, of which this is one node. The root is `/`. A look-up goes
 * down as far as there are routes, so a path of thousands of segments costs no more than the deepest
 * route of its host.
 */
export class PathTree {
  #route: RouteEntry | undefined;
  /** By segment; undefined while there is none, as for most hosts. */
  #children: Map<string, PathTree> | undefined;

  get isEmpty(): boolean {
    return this.#route === undefined && this.#children === undefined;
  }

  /** Gives the route that was there. */
  set(route: RouteEntry): RouteEntry | undefined {
    const node = segmentsOf(route.path).reduce<PathTree>((above, segment) => above.#grow(segment), this);
    const before = node.#route;
    node.#route = route;
    return before;
  }

  /** Gives the route that was there. */
  delete(path: string): RouteEntry | undefined {
    const segments = segmentsOf(path);
    const way = this.#wayTo(segments);
    const node = way[segments.length];
    if (node === undefined) return undefined;
    const before = node.#route;
    node.#route = undefined;
    // What leads nowhere now goes, from the leaf up.
    for (let depth = segments.length; depth > 0; depth--) {
      const [above, below] = way.slice(depth - 1, depth + 1);
      if (above !== undefined && below?.isEmpty === true) above.#drop(segments[depth - 1] ?? "");
    }
    return before;
  }

  get(path: string): RouteEntry | undefined {
    const segments = segmentsOf(path);
    const node = this.#wayTo(segments)[segments.length];
    return node === undefined ? undefined : node.#route;
  }

  /**
   * The route with the longest prefix of a normalized path, by whole segments. A target that is no
   * path (`*`) is the route of `/`.
   */
  longest(path: string): RouteEntry | undefined {
    let children = this.#children;
    let found = this.#route;
    if (!path.startsWith("/")) return found;
    for (let start = 1; children !== undefined && start <= path.length;) {
      const slash = path.indexOf("/", start);
      const end = slash === -1 ? path.length : slash;
      const child: PathTree | undefined = children.get(path.slice(start, end));
      if (child === undefined) break;
      found = child.#route ?? found;
      children = child.#children;
      start = end + 1;
    }
    return found;
  }

  /** All routes, in no particular order. */
  *routes(): Generator<RouteEntry> {
    const left: PathTree[] = [this];
    for (let node = left.pop(); node !== undefined; node = left.pop()) {
      if (node.#route !== undefined) yield node.#route;
      if (node.#children !== undefined) for (const child of node.#children.values()) left.push(child);
    }
  }

  /** The nodes from here down along the segments, as far as there are any. */
  #wayTo(segments: readonly string[]): PathTree[] {
    const way: PathTree[] = [this];
    let children = this.#children;
    for (const segment of segments) {
      const child: PathTree | undefined = children?.get(segment);
      if (child === undefined) break;
      way.push(child);
      children = child.#children;
    }
    return way;
  }

  #grow(segment: string): PathTree {
    const children = (this.#children ??= new Map<string, PathTree>());
    const known = children.get(segment);
    if (known !== undefined) return known;
    const child = new PathTree();
    children.set(segment, child);
    return child;
  }

  #drop(segment: string): void {
    this.#children?.delete(segment);
    if (this.#children?.size === 0) this.#children = undefined;
  }
}

function segmentsOf(path: string): string[] {
  return path === "/" ? [] : path.slice(1).split("/");
}
