import { describe, expect, it, vi } from "vitest";

import { ENGINES } from "./engines.ts";
import { MissingError, statusOf } from "./raw-connection.ts";
import { answering, ok } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

const PATIENCE = { timeout: 20_000 };

describe.each(ENGINES)("a crowd at $name", ({ create }) => {
  it("of clients that stay and clients that leave, before instances that fail, leaves nothing behind", async () => {
    await using world = await World.start(create, {
      route: { timeouts: { answerHeadMs: 500, bodyIdleMs: 500 } },
    });
    const answers = [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      ok(),
      ok("x".repeat(100_000)),
    ];
    const instances = await Promise.all(answers.map((answer) => world.instance(answering(answer))));
    const enemies = [
      await world.instance(async (connection, self) => {
        await self.read(connection);
        connection.reset();
      }),
      await world.instance(async (connection, self) => {
        await self.read(connection);
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart").end();
      }),
      await world.instance(async () => undefined),
    ];
    const statuses = new Map<string, number>();
    const ask = async (index: number): Promise<void> => {
      const client = await world.client();
      for (let count = 0; count < 10; count++) {
        const isPost = (index + count) % 3 === 0;
        client.send(isPost ? requestText("POST /", ["Content-Length: 4"], "body") : requestText());
        if ((index * 7 + count) % 11 === 0) return client[index % 2 === 0 ? "reset" : "end"]();
        let outcome = "cut";
        try {
          outcome = String(statusOf(await client.readMessage()));
        } catch (error) {
          if (!(error instanceof MissingError) || client.ending === undefined) throw error;
        }
        statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
        if (outcome === "cut") return;
      }
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => ask(index)));
    for (const outcome of statuses.keys()) expect(["200", "502", "504", "cut"]).toContain(outcome);
    expect(statuses.get("200")).toBeGreaterThan(100);
    for (const instance of [...instances, ...enemies]) {
      await vi.waitFor(() => expect(world.entry(instance.port)?.active).toBe(0), PATIENCE);
      world.unregister(instance.port);
    }
    for (const instance of [...instances, ...enemies]) {
      await vi.waitFor(() => expect(instance.open).toBe(0), PATIENCE);
    }
    await world.engine.close();
    expect(world.engine.connections).toBe(0);
    for (const { failure, status, attempts } of world.summaries) {
      // What a client has left behind may be read when the instances are gone.
      expect([200, 499, 502, 503, 504]).toContain(status);
      if (status !== 503) expect(attempts).toBeGreaterThan(0);
      if (status !== 200) expect(failure).toBeDefined();
    }
  });
});
