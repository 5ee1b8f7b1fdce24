// Back-pressure from end to end: whatever is in flight waits in the kernel, not in the router.
// 256 MB each way; 1 GB with WAYLEAVE_SOAK=1.

import { writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

import { temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { type RunningReplica, startStaticRouter } from "../cluster.ts";
import { SMALL_HEAP, memoryOf } from "./metrics.ts";

const MB = 1024 * 1024;
const TOTAL = (process.env["WAYLEAVE_SOAK"] === "1" ? 1024 : 256) * MB;
const MOST_GROWTH = 64 * MB;
const BLOCK = Buffer.alloc(64 * 1024, "x");

describe.each(["wire", "http-proxy"])("a large body through %s", (engine) => {
  it.each(["down", "up"] as const)(
    "goes %s through a slow reader while the router's memory stays flat",
    { timeout: 300_000 },
    async (direction) => {
      await using app = await startBodyApp();
      await using router = await startStaticRouter(
        await tableFor(app.port),
        ["--engine", engine, "--access-log", "off"],
        SMALL_HEAP,
      );
      // What the first requests cost, they cost once.
      for (const each of ["down", "up"] as const) await transfer(router.port, each, 16 * MB);
      const before = await memoryOf(router);
      const over = new AbortController();
      const highest = highestMemory(router, over.signal);
      const moved = await transfer(router.port, direction, TOTAL);
      over.abort();
      expect(moved).toBe(TOTAL);
      expect((await highest) - before).toBeLessThan(MOST_GROWTH);
    },
  );
});

async function highestMemory(router: RunningReplica, over: AbortSignal): Promise<number> {
  let highest = 0;
  while (!over.aborted) {
    highest = Math.max(highest, await memoryOf(router));
    await delay(50);
  }
  return highest;
}

async function tableFor(port: number): Promise<string> {
  const file = join(temporaryDirectory("large-bodies"), "table.yaml");
  await writeFile(
    file,
    JSON.stringify({
      routes: { "*": { to: [{ app: "bodies" }] } },
      instances: { "bodies/one": { address: "127.0.0.1", port } },
    }),
  );
  return file;
}

/** Moves so many bytes; gives how many the reader has read. */
function transfer(port: number, direction: "down" | "up", bytes: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const up = direction === "up" ? { "content-length": bytes } : {};
    const outgoing = request({
      host: "127.0.0.1",
      port,
      path: `/${direction}?bytes=${bytes}`,
      agent: false,
      method: direction === "up" ? "POST" : "GET",
      headers: { host: "a.example", ...up },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      if (direction === "down") readSlowly(answer).then(resolve, reject);
      else text(answer).then((body) => resolve(Number(body)), reject);
    });
    if (direction === "up") blocks(bytes).pipe(outgoing);
    else outgoing.end();
  });
}

/** Reads nothing at first, so that every buffer on the way fills up, and then in gulps. */
async function readSlowly(stream: IncomingMessage): Promise<number> {
  await delay(500);
  let bytes = 0;
  let gulp = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    gulp += chunk.length;
    if (gulp < 4 * MB) continue;
    gulp = 0;
    await delay(5);
  }
  return bytes;
}

async function text(stream: IncomingMessage): Promise<string> {
  let whole = "";
  for await (const chunk of stream.setEncoding("utf8") as AsyncIterable<string>) whole += chunk;
  return whole;
}

function blocks(bytes: number): Readable {
  return Readable.from(
    (function* () {
      for (let left = bytes; left > 0; left -= BLOCK.length)
        yield BLOCK.subarray(0, Math.min(left, BLOCK.length));
    })(),
    { objectMode: false },
  );
}

/** Sends, or reads slowly, as many bytes as it is told. */
async function startBodyApp(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((incoming, answer) => {
    const bytes = Number(new URL(incoming.url ?? "", "http://a").searchParams.get("bytes"));
    if (incoming.method === "GET") return void blocks(bytes).pipe(answer);
    readSlowly(incoming).then(
      (read) => answer.end(String(read)),
      () => answer.destroy(),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
