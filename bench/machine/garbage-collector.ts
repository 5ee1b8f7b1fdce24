// What Node processes hold, without what they have not cleared away yet: V8 leaves garbage lie while there is room.

import { readlinkSync } from "node:fs";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** NODE_OPTIONS of processes that are to be asked: each opens its inspector (on SIGUSR1) on a port of its own. */
export const ASKABLE = "--inspect-port=0";

const OPENED = /^Debugger listening on (ws:\S+)$/gm;
const LOOK_AGAIN_MS = 20;
const OPENS_WITHIN_MS = 10_000;
const COLLECTS_WITHIN_MS = 10_000;

/** Processes that can be told to collect all their garbage. */
export interface GarbageCollector extends Disposable {
  collect(): Promise<void>;
}

/**
 * Opens the inspectors of those that run Node; there may be none. `output`: all that they have written so far, where each says
 * where its inspector is.
 */
export async function attachCollector(
  pids: readonly number[],
  output: () => string,
): Promise<GarbageCollector> {
  const node = readlinkSync("/proc/self/exe");
  const nodes = pids.filter((pid) => readlinkSync(`/proc/${pid}/exe`) === node);
  for (const pid of nodes) process.kill(pid, "SIGUSR1");
  const sockets = (await inspectorsIn(output, nodes.length)).map((url) => new WebSocket(url));
  const signal = AbortSignal.timeout(OPENS_WITHIN_MS);
  await Promise.all(sockets.map((socket) => once(socket, "open", { signal })));
  return {
    async collect() {
      await Promise.all(sockets.map(collectGarbage));
    },
    [Symbol.dispose]() {
      for (const socket of sockets) socket.close();
    },
  };
}

async function inspectorsIn(output: () => string, count: number): Promise<string[]> {
  const deadline = performance.now() + OPENS_WITHIN_MS;
  for (;;) {
    const urls = [...output().matchAll(OPENED)].map(([, url = ""]) => url);
    if (urls.length >= count) return urls;
    if (performance.now() > deadline)
      throw new Error(`${urls.length} of ${count} inspectors in: ${output()}`);
    await delay(LOOK_AGAIN_MS);
  }
}

/** https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#method-collectGarbage */
async function collectGarbage(socket: WebSocket): Promise<void> {
  const answered = once(socket, "message", { signal: AbortSignal.timeout(COLLECTS_WITHIN_MS) });
  socket.send(JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" }));
  await answered;
}
