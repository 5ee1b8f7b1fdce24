// Where the page is: every view, with its filter and its order, has an address of its own.

import { useEffect, useState } from "preact/hooks";

const BASE = "/dashboard/";

/** An address within the page: `["routes", "shop.example/api"]` and `?filter=x&sort=-rate`. */
export interface Location {
  readonly steps: readonly string[];
  readonly query: URLSearchParams;
}

/** The address that a URL's path and query say; a step that is no valid percent-encoding is taken as it is. */
export function parseLocation(pathname: string, search: string): Location {
  const rest = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : "";
  return {
    steps: rest
      .split("/")
      .filter((step) => step !== "")
      .map(decode),
    query: new URLSearchParams(search),
  };
}

/** A link to a view. Steps are encoded; what is undefined or empty in the query is left out. */
export function hrefOf(
  steps: readonly string[],
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  const said = Object.entries(query).filter((entry): entry is [string, string] => (entry[1] ?? "") !== "");
  const search = new URLSearchParams(said).toString();
  return BASE + steps.map(encodeURIComponent).join("/") + (search === "" ? "" : `?${search}`);
}

/** Goes to a link of {@link hrefOf}; `isSame` keeps the place in the history: a filter that is being typed. */
export function goTo(href: string, { isSame = false } = {}): void {
  if (isSame) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  dispatchEvent(new Event("wayleave-location"));
  if (!isSame) scrollTo(0, 0);
}

/** Changes parts of the query where the page is. */
export function changeQuery(change: Readonly<Record<string, string | undefined>>): void {
  const { steps, query } = parseLocation(location.pathname, location.search);
  goTo(hrefOf(steps, { ...Object.fromEntries(query), ...change }), { isSame: true });
}

/** The address now, and again whenever it changes. */
export function useLocation(): Location {
  const [href, setHref] = useState(location.href);
  useEffect(() => {
    const onChange = (): void => setHref(location.href);
    addEventListener("popstate", onChange);
    addEventListener("wayleave-location", onChange);
    return () => {
      removeEventListener("popstate", onChange);
      removeEventListener("wayleave-location", onChange);
    };
  }, []);
  const { pathname, search } = new URL(href);
  return parseLocation(pathname, search);
}

/** Lets links within the page change the address instead of loading it anew. */
export function catchLinks(): void {
  document.addEventListener("click", (event) => {
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const href = link?.getAttribute("href");
    if (!isPlain || event.defaultPrevented || href?.startsWith(BASE) !== true) return;
    event.preventDefault();
    goTo(href);
  });
}

function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}
