// `openssl s_client`: a TLS client that is not ours, and tells all that it sees.

import { execFile } from "node:child_process";

const PATIENCE_MS = 15_000;

/** What `openssl s_client` saw. */
export interface Seen {
  /** `New` or `Reused`; undefined: no handshake was done. */
  readonly kind: string | undefined;
  readonly version: string | undefined;
  /** The alert that ended the handshake, by its number. */
  readonly alert: number | undefined;
  /** All that it printed: what the router answered, too. */
  readonly text: string;
}

/** Asks a router for a page of `shop.example` over TLS, trusting `ca`, a file in PEM, and ends when the router does. */
export function askByOpenssl(
  {
    port,
    ca,
    fields = [],
  }: { readonly port: number; readonly ca: string; readonly fields?: readonly string[] },
  ...args: readonly string[]
): Promise<Seen> {
  const request = ["GET / HTTP/1.1", "Host: shop.example", "Connection: close", ...fields, "", ""].join(
    "\r\n",
  );
  const usual = ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "shop.example", "-CAfile", ca];
  return new Promise((resolve) => {
    // It ends with 1 when the handshake fails; what it printed says why.
    const child = execFile(
      "openssl",
      [...usual, "-ign_eof", ...args],
      { timeout: PATIENCE_MS },
      (_, stdout, stderr) => resolve(seenIn(stdout + stderr)),
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(request);
  });
}

function seenIn(text: string): Seen {
  const [, kind, version] = /^(New|Reused), (TLSv1\.\d)/m.exec(text) ?? [];
  const [, alert] = /SSL alert number (\d+)/.exec(text) ?? [];
  return { kind, version, alert: alert === undefined ? undefined : Number(alert), text };
}
