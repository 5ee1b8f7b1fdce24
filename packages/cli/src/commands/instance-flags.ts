// What `wayleave run` and `wayleave register` say of an instance.

import type { Instance } from "@wayleave/records";
import type { Command } from "commander";

import { parseWeight } from "../arguments/destination.ts";
import { parseDurationMs } from "../arguments/duration.ts";
import { collectPairs } from "../arguments/pairs.ts";
import { CommandError } from "../exit-codes.ts";
import { setting } from "../settings.ts";

/** What `--protocol` may say. */
export const PROTOCOLS: readonly Instance["protocol"][] = ["http", "https", "h2c", "h2"];

export interface InstanceFlags {
  readonly health?: string;
  readonly protocol?: Instance["protocol"];
  readonly id?: string;
  readonly address?: string;
  readonly version?: string;
  readonly zone?: string;
  readonly weight?: string;
  readonly tag?: Record<string, string>;
  readonly ttl?: number;
}

/** Adds the options that both commands have. */
export function addInstanceOptions(command: Command): void {
  command
    .addOption(
      setting(
        "--health <path>",
        "registered only while this path answers 2xx, or grpc[:SERVICE] serves; off: not checked (while the port accepts)",
      ),
    )
    .addOption(setting("--protocol <protocol>", "what it speaks (http)").choices(PROTOCOLS))
    .addOption(setting("--id <id>", "the instance's name; made up when not said"))
    .addOption(
      setting("--address <ip>", "where routers reach it; the address that reaches etcd when not said"),
    )
    .addOption(setting("--version <version>", "what a route's APP@VERSION selects"))
    .addOption(setting("--zone <zone>", "where it runs"))
    .addOption(setting("--weight <n>", "its share among the app's instances"))
    .option("--tag <key=value>", "a tag; repeatable", collectPairs)
    .addOption(setting("--ttl <duration>", "how long the record outlives a crash (15s)").argParser(parseTtl));
}

/** The options as the registrar takes them. */
export function instanceOptions({ id, address, version, zone, ...flags }: InstanceFlags) {
  return {
    ...(flags.health !== undefined && { health: parseHealth(flags.health) }),
    ...(flags.protocol !== undefined && { protocol: flags.protocol }),
    ...(id !== undefined && { id }),
    ...(address !== undefined && { address }),
    ...(version !== undefined && { version }),
    ...(zone !== undefined && { zone }),
    ...(flags.weight !== undefined && { weight: parseWeight(flags.weight) }),
    ...(flags.tag !== undefined && { tags: flags.tag }),
    ...(flags.ttl !== undefined && { ttlSeconds: flags.ttl }),
  };
}

function parseHealth(text: string): false | { readonly path: string } | { readonly grpc: string } {
  if (text === "off") return false;
  if (text === "grpc" || text.startsWith("grpc:")) return { grpc: text.slice("grpc:".length) };
  return { path: text };
}

/** 1 to 65535. Throws a CommandError. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new CommandError("invalid", `port ${JSON.stringify(text)} is not between 1 and 65535`);
}

/** Whole seconds: etcd knows no others. */
function parseTtl(text: string): number {
  return Math.ceil(parseDurationMs(text) / 1_000);
}
