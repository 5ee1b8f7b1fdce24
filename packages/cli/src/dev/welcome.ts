import { DEFAULT_ETCD } from "../connection.ts";
import { paint } from "../output/paint.ts";

/** What of `dev` runs where. */
export interface Addresses {
  readonly port: number;
  readonly adminPort: number;
  readonly etcd: string;
  readonly isEtcdOurs: boolean;
}

/** A key and what it does. */
export type KeyHelp = readonly [key: string, does: string];

/** The lines that say what to try; without a terminal there are no keys. */
export function welcome(
  { port, adminPort, etcd, isEtcdOurs }: Addresses,
  keys: readonly KeyHelp[] | undefined,
): string[] {
  const url = `http://localhost:${port}`;
  return [
    "",
    paint("bold", "Wayleave is running."),
    "",
    `  ${paint("cyan", `curl ${url}/hello`)}     hello-1 and hello-2 answer in turn`,
    `  ${paint("cyan", `curl ${url}/whoami`)}    the request as it arrives behind the router`,
    `  http://hello.localhost:${port}/        an app at a host of its own`,
    "",
    `  router     ${url}`,
    `  dashboard  ${paint("cyan", `http://127.0.0.1:${adminPort}/dashboard/`)}`,
    `  etcd       ${etcd}${isEtcdOurs ? "   in this process, its data in memory" : ""}`,
    "",
    "  In another terminal:",
    ...(etcd === DEFAULT_ETCD ? [] : [`    export WAYLEAVE_ETCD=${etcd}`]),
    "    npx wayleave top",
    `    npx wayleave explain ${url}/hello`,
    `    npx wayleave routes set localhost/again --to hello`,
    "",
    keys === undefined
      ? "  Ctrl-C ends all of it."
      : `  Keys: ${keys.map(([key, does]) => `${paint("bold", key)} ${does}`).join("   ")}`,
    "",
  ];
}
