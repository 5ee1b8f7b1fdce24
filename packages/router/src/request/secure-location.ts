import type { Client } from "./exchange.ts";
import type { ReadHead } from "./read-head.ts";

/** Whether a request came over TLS: to this router, or to a trusted proxy before it that says so. */
export function cameSecure(client: Client, read: ReadHead | undefined): boolean {
  return client.isTls || read?.fields.said.proto === "https";
}

/** Where the same is over https, on a port. */
export function secureLocation({ host, target }: ReadHead, port: number): string {
  const authority = port === 443 ? host.host : `${host.host}:${port}`;
  return `https://${authority}${target === "*" ? "/" : target}`;
}
