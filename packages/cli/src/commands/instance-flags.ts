// What `wayleave run` and `wayleave register` say of an instance.

import type { Command } from "commander";

import { parseWeight } from "../arguments/destination.ts";
import { parseDurationMs } from "../arguments/duration.ts";
import { collectPairs } from "../arguments/pairs.ts";
import { CommandError } from "../exit-codes.ts";
import { setting } from "../settings.ts";

export interface InstanceFlags {
  readonly health?: string;
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
        "registered only while this path answers 2xx; off: not checked (while the port accepts)",
      ),
    )
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
    ...(flags.health === "off" && { health: false as const }),
    ...(flags.health !== undefined && flags.health !== "off" && { health: { path: flags.health } }),
    ...(id !== undefined && { id }),
    ...(address !== undefined && { address }),
    ...(version !== undefined && { version }),
    ...(zone !== undefined && { zone }),
    ...(flags.weight !== undefined && { weight: parseWeight(flags.weight) }),
    ...(flags.tag !== undefined && { tags: flags.tag }),
    ...(flags.ttl !== undefined && { ttlSeconds: flags.ttl }),
  };
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
