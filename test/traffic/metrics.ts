import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

import type { RunningReplica } from "../cluster.ts";

/** The environment of a router whose memory is measured: a small heap, so that the collector has to come by. */
export const SMALL_HEAP = { NODE_OPTIONS: "--max-old-space-size=64 --max-semi-space-size=8" };

/** The environment of a router that {@link liveMemoryOf} asks. */
export const COLLECTS_ON_SIGNAL = {
  NODE_OPTIONS: `--expose-gc --import ${new URL("collect-on-signal.ts", import.meta.url).href}`,
};

/** What /metrics says for a name without labels. */
export async function metricOf(router: RunningReplica, name: string): Promise<number> {
  const text = await (await fetch(`${router.admin}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no ${name} in the metrics`);
  return Number(line.slice(name.length + 1));
}

/**
 * The router's resident memory, in bytes, as the system counts it: to ask the router would make it write its
 * metrics, and that is what would be measured.
 */
export async function memoryOf({ command }: RunningReplica): Promise<number> {
  if (process.platform === "linux") {
    const status = await readFile(`/proc/${command.pid}/status`, "utf8");
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }
  const { stdout } = await promisify(execFile)("ps", ["-o", "rss=", "-p", String(command.pid)]);
  return Number(stdout) * 1024;
}

/** What the router cannot give back, in bytes: its heap and what that holds outside of it, after a collection. */
export async function liveMemoryOf(router: RunningReplica): Promise<number> {
  // The first collection finds what the second one frees.
  for (let count = 0; count < 2; count += 1) {
    router.command.kill("SIGUSR2");
    await metricOf(router, "nodejs_heap_size_used_bytes");
  }
  const used = await metricOf(router, "nodejs_heap_size_used_bytes");
  return used + (await metricOf(router, "nodejs_external_memory_bytes"));
}
