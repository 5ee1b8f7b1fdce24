import { describe, expect, it, vi } from "vitest";

import { ENGINES, overHttp1 } from "./engines.ts";
import { RawConnection, statusOf, valuesOf } from "./raw-connection.ts";
import { answering, ok } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

const SWITCHES = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

describe.each(ENGINES)("when $name retires", ({ create }) => {
  it("upgraded connections live on, until it closes", async () => {
    await using world = await World.start(create);
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(SWITCHES);
      await connection.readThrough("ping");
      connection.send("pong");
      await connection.ended();
      connection.end();
    });
    const client = await world.client();
    client.send(requestText("GET /", ["Connection: Upgrade", "Upgrade: websocket"]));
    expect(statusOf(await client.readHead())).toBe(101);
    const retired = world.engine.retire();
    await client.send("ping").readThrough("pong");
    const closed = world.engine.close();
    expect(await client.ended()).toBe("end");
    await Promise.all([closed, retired]);
  });

  it("is over at once when there is no connection", async () => {
    await using world = await World.start(create);
    await world.engine.retire();
    expect(world.engine.connections).toBe(0);
    await world.engine.close();
  });
});

describe.each(overHttp1("RFC 9113 section 6.8: nothing is asked after a GOAWAY"))(
  "when $name retires ($why)",
  ({ create }) => {
    it("idle connections are served once more, told to end, and then it is over", async () => {
      await using world = await World.start(create);
      await world.instance(answering(ok()));
      const kept = await world.client();
      await kept.send(requestText()).readMessage();
      const fresh = await world.client();
      await vi.waitFor(() => expect(world.engine.connections).toBe(2));
      const retired = world.engine.retire();
      await expect(RawConnection.open(world.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
      for (const client of [kept, fresh]) {
        const got = await client.send(requestText()).readMessage();
        expect([got.body, valuesOf(got, "connection")]).toEqual(["ok", ["close"]]);
        expect(await client.ended()).toBe("end");
      }
      await retired;
      expect(world.engine.connections).toBe(0);
    });
  },
);
