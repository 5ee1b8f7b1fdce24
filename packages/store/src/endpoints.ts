import { type Parsed, invalid, valid } from "@wayleave/records";

const ETCD_PORT = "2379";

/**
 * Parses one endpoint or several with commas between them, as flags have them. Gives `scheme://host:port` each; a
 * port that is not given is 2379.
 */
export function parseEndpoints(text: string): Parsed<readonly string[]> {
  const endpoints = new Set<string>();
  for (const part of text.split(",").map((piece) => piece.trim())) {
    if (part === "") continue;
    const parsed = parseEndpoint(part);
    if (!parsed.ok) return parsed;
    endpoints.add(parsed.value);
  }
  return endpoints.size > 0 ? valid([...endpoints]) : invalid("no etcd endpoint is given");
}

/** Parses one endpoint: `http://host:port` or `https://host:port`. */
export function parseEndpoint(text: string): Parsed<string> {
  if (!/^https?:\/\//i.test(text)) {
    const example = text.includes("://") ? "http://127.0.0.1:2379" : `http://${text}`;
    return invalid(`"${text}" is no etcd endpoint: it begins with http:// or https://, like ${example}`);
  }
  const url = URL.parse(text);
  if (url === null) return invalid(`"${text}" is no URL`);
  if (url.username !== "" || url.password !== "") {
    return invalid("an etcd endpoint holds no user or password: there are settings for them");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    return invalid(`"${text}" is no etcd endpoint: nothing may follow the port`);
  }
  return valid(`${url.protocol}//${url.hostname}:${portIn(url, text)}`);
}

// URL drops a port that is its scheme's own, so http://etcd:80 must not become etcd's port.
function portIn(url: URL, text: string): string {
  if (url.port !== "") return url.port;
  const isGiven = /:\d+\/?$/.test(text);
  if (!isGiven) return ETCD_PORT;
  return url.protocol === "https:" ? "443" : "80";
}

// An endpoint is always as parseEndpoint gives it. URL would drop a port that is its scheme's own.

/** The `host:port` of an endpoint; an IPv6 address has its brackets. */
export function authorityOf(endpoint: string): string {
  return endpoint.replace(/^https?:\/\//, "");
}

/** The host of an endpoint, without the brackets of an IPv6 address. */
export function hostOf(endpoint: string): string {
  return authorityOf(endpoint)
    .replace(/:\d+$/, "")
    .replace(/^\[(?<address>.*)\]$/, "$<address>");
}

/** The port of an endpoint. */
export function portOf(endpoint: string): number {
  return Number(/:(?<port>\d+)$/.exec(endpoint)?.groups?.["port"]);
}
