import { type Socket, connect } from "node:net";

import { describe, expect, it, vi } from "vitest";

import { statusOf } from "../conformance/raw-connection.ts";
import { ok } from "../conformance/test-instance.ts";
import { World, requestText } from "../conformance/world.ts";
import { createWireEngine } from "./wire-engine.ts";

const SETTINGS = {
  listener: { headMs: 1_000 },
  timeouts: { bodyIdleMs: 1_000, exchangeMs: 4_000 },
};
const BYTE_EVERY_MS = 200;
const SLOW_HEAD = "GET / HTTP/1.1\r\nHost: a.example\r\nX-Slow: ";
const SLOW_BODY = requestText("POST /slow", ["Content-Length: 1000000"]);
const LARGE = ok("x".repeat(8 * 1024 * 1024));
const PATIENCE = { timeout: 15_000 };

/** Clients that send a byte now and then, and what each was answered. */
class SlowClients {
  readonly statuses: string[] = [];
  readonly #open = new Set<Socket>();
  readonly #timer = setInterval(() => {
    for (const socket of this.#open) socket.write("x");
  }, BYTE_EVERY_MS);

  /** `deaf`: they never read. */
  add(port: number, count: number, beginning: string, isDeaf = false): void {
    for (let index = 0; index < count; index++) {
      const socket = connect({ port, host: "127.0.0.1" });
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket)).on("error", () => undefined);
      if (isDeaf) socket.pause();
      else socket.once("data", (bytes) => this.statuses.push(bytes.toString("latin1", 9, 12)));
      socket.write(beginning);
    }
  }

  get left(): number {
    return this.#open.size;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const socket of this.#open) socket.destroy();
  }
}

describe("530 slow clients", () => {
  it(
    "are ended by the limits, while others are answered and no instance is blamed",
    { timeout: 30_000 },
    async () => {
      await using world = await World.start(createWireEngine, { settings: SETTINGS });
      const instance = await world.instance(async (connection, self) => {
        for (;;) {
          const { startLine } = await self.read(connection);
          connection.send(startLine.includes("/large") ? LARGE : ok());
        }
      });
      using slow = new SlowClients();
      slow.add(world.port, 250, SLOW_HEAD);
      slow.add(world.port, 250, SLOW_BODY);
      slow.add(world.port, 30, requestText("GET /large"), true);
      const other = await world.client();
      while (slow.left > 0) expect(statusOf(await other.send(requestText()).readMessage())).toBe(200);
      expect(slow.statuses).toEqual(Array.from({ length: 500 }, () => "408"));
      const failures = world.summaries
        .map(({ failure }) => failure)
        .filter((failure) => failure !== undefined);
      const count = (wanted: string): number => failures.filter((failure) => failure === wanted).length;
      expect([count("head-timeout"), count("body-timeout"), count("client-gone")]).toEqual([250, 250, 30]);
      expect(world.entry(instance.port)).toMatchObject({ failures: 0, ejections: 0 });
      other.end();
      await vi.waitFor(() => expect(world.engine.connections).toBe(0), PATIENCE);
    },
  );
});
