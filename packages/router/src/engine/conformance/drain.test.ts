import { describe, expect, it, vi } from "vitest";

import { ENGINES } from "./engines.ts";
import { RawConnection, statusOf, valuesOf } from "./raw-connection.ts";
import { answering, type Behaviour, ok, type TestInstance } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

/** An instance that answers when it is told to. */
async function waiting(world: World, before = ""): Promise<{ instance: TestInstance; answer: () => void }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const behave: Behaviour = async (connection, self) => {
    for (;;) {
      await self.read(connection);
      connection.send(before);
      await promise;
      connection.send(before === "" ? ok() : "0\r\n\r\n");
    }
  };
  return { instance: await world.instance(behave), answer: resolve };
}

describe.each(ENGINES)("when $name closes", ({ create, differences }) => {
  it("exchanges that run are finished, and tell the client that its connection ends", async () => {
    await using world = await World.start(create);
    const { instance, answer } = await waiting(world);
    const client = await world.client();
    client.send(requestText());
    await vi.waitFor(() => expect(instance.requests).toHaveLength(1));
    const closed = world.engine.close();
    answer();
    const got = await client.readMessage();
    expect(got.body).toBe("ok");
    // Over HTTP/2 a frame tells it (RFC 9113 section 6.8), which may be before this answer or after it.
    if (differences.clientVersion === "1.1") expect(valuesOf(got, "connection")).toEqual(["close"]);
    expect(await client.ended()).toBe("end");
    await closed;
    expect(world.engine.connections).toBe(0);
    await vi.waitFor(() => expect(instance.open).toBe(0));
  });

  it("exchanges whose head is out already are finished too, and their connection closed then", async () => {
    await using world = await World.start(create);
    const { answer } = await waiting(world, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const client = await world.client();
    expect(statusOf(await client.send(requestText()).readHead())).toBe(200);
    const closed = world.engine.close();
    answer();
    await client.readThrough("0\r\n\r\n");
    expect(await client.ended()).toBe("end");
    await closed;
  });

  it("idle clients are let go at once, whether they have asked something or not", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const kept = await world.client();
    await kept.send(requestText()).readMessage();
    const fresh = await world.client();
    await vi.waitFor(() => expect(world.engine.connections).toBe(2));
    await world.engine.close();
    await kept.ended();
    await fresh.ended();
    expect(kept.unread + fresh.unread).toBe("");
    await vi.waitFor(() => expect(instance.open).toBe(0));
  });

  it("new connections are refused", async () => {
    await using world = await World.start(create);
    const { instance, answer } = await waiting(world);
    const client = await world.client();
    client.send(requestText());
    await vi.waitFor(() => expect(instance.requests).toHaveLength(1));
    const closed = world.engine.close();
    await expect(RawConnection.open(world.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    answer();
    await closed;
  });

  it("upgraded connections end", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      );
      await connection.ended();
      connection.end();
    });
    const client = await world.client();
    client.send(requestText("GET /", ["Connection: Upgrade", "Upgrade: websocket"]));
    expect(statusOf(await client.readHead())).toBe(101);
    const closed = world.engine.close();
    await client.ended();
    client.end();
    await closed;
    await vi.waitFor(() => expect(instance.open).toBe(0));
    expect(world.summaries).toHaveLength(1);
  });

  it("for the second time, or without having listened, nothing happens", async () => {
    await using world = await World.start(create);
    await Promise.all([world.engine.close(), world.engine.close()]);
    await world.engine.close();
    world.engine.destroy();
    expect(world.engine.connections).toBe(0);
  });

  it("by force, every connection is cut and every exchange summed up", async () => {
    await using world = await World.start(create);
    const { instance } = await waiting(world);
    const client = await world.client();
    client.send(requestText());
    const idle = await world.client();
    await vi.waitFor(() => expect(instance.requests).toHaveLength(1));
    world.engine.destroy();
    await client.ended();
    await idle.ended();
    await vi.waitFor(() => expect(world.engine.connections).toBe(0));
    await vi.waitFor(() => expect(instance.open).toBe(0));
    expect(world.summaries).toHaveLength(1);
    expect(world.entry(instance.port)?.active).toBe(0);
  });
});

describe.each(ENGINES)("$name", ({ create }) => {
  it("does not listen where somebody else does", async () => {
    await using world = await World.start(create);
    await using other = await World.start(create);
    const engine = create({
      exchanges: { open: () => expect.unreachable(), refuse: () => expect.unreachable() },
      listenerPolicy: () => world.table.listenerPolicy,
    });
    await expect(engine.listen({ host: "127.0.0.1", port: other.port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    engine.destroy();
  });

  it("closes idle connections to an instance that is gone", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const other = await world.instance(answering(ok()));
    const client = await world.client();
    for (let count = 0; count < 4; count++) await client.send(requestText()).readMessage();
    expect([instance.open, other.open]).toEqual([1, 1]);
    world.unregister(instance.port);
    await vi.waitFor(() => expect(instance.open).toBe(0));
    expect(other.open).toBe(1);
  });

  it.each(["gone", "draining"])(
    "lets an exchange finish on an instance that is %s, and then lets go",
    async (how) => {
      await using world = await World.start(create);
      const { instance, answer } = await waiting(world);
      const client = await world.client();
      client.send(requestText());
      await vi.waitFor(() => expect(instance.requests).toHaveLength(1));
      if (how === "gone") world.unregister(instance.port);
      else world.register(instance.port, { state: "draining" });
      const late = await world.client();
      expect(statusOf(await late.send(requestText()).readMessage())).toBe(503);
      answer();
      expect((await client.readMessage()).body).toBe("ok");
      await vi.waitFor(() => expect(instance.open).toBe(0));
      expect(instance.accepted).toBe(1);
    },
  );

  it("counts the connections of clients", async () => {
    await using world = await World.start(create);
    expect(world.engine.connections).toBe(0);
    const clients = [await world.client(), await world.client()];
    await vi.waitFor(() => expect(world.engine.connections).toBe(2));
    for (const client of clients) client.end();
    await vi.waitFor(() => expect(world.engine.connections).toBe(0));
  });
});
