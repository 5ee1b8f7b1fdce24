import { afterEach, describe, expect, it, vi } from "vitest";

import type { RawConnection } from "../../conformance/raw-connection.ts";
import { statusOf, valuesOf } from "../../conformance/raw-connection.ts";
import { TestInstance } from "../../conformance/test-instance.ts";
import { World, requestText } from "../../conformance/world.ts";
import { createWireEngine } from "../../wire/wire-engine.ts";
import {
  GOAWAY,
  HEADERS,
  PING,
  RST_STREAM,
  END,
  accept,
  frame,
  goaway,
  headers,
  readFrame,
  readUntil,
  reset,
} from "../testing/frames.ts";
import { type StreamBehaviour, answerOk, startH2Instance } from "../testing/h2-instance.ts";

const held: StreamBehaviour = (stream, { ":path": path }) => {
  stream.respond({ ":status": 200 });
  if (path === "/hold") stream.write("part");
  else stream.end("ok");
};

async function get(world: World, path = "/"): Promise<number> {
  const client = await world.client();
  return statusOf(await client.send(requestText(`GET ${path}`)).readMessage());
}

async function hold(world: World): Promise<RawConnection> {
  const client = await world.client();
  await client.send(requestText("GET /hold")).readHead();
  return client;
}

describe("a connection of HTTP/2 to an instance", () => {
  afterEach(() => void vi.useRealTimers());

  it("carries the exchanges of many clients at once", async () => {
    await using world = await World.start(createWireEngine);
    const instance = world.adopt(await startH2Instance(held), "h2c");
    for (let count = 0; count < 20; count++) await hold(world);
    expect(await Promise.all(Array.from({ length: 20 }, () => get(world)))).toEqual(Array(20).fill(200));
    expect(instance.sessions).toHaveLength(1);
  });

  it("is joined by another one when the instance allows no more streams on it", async () => {
    await using world = await World.start(createWireEngine);
    const instance = world.adopt(
      await startH2Instance(held, { settings: { maxConcurrentStreams: 3 } }),
      "h2c",
    );
    const clients = await Promise.all(Array.from({ length: 10 }, () => hold(world)));
    expect([instance.open.size, world.engine.instanceSessions]).toEqual([4, 4]);
    for (const client of clients) client.socket.destroy();
    await vi.waitFor(() => expect(world.counts.active).toBe(0));
    expect(await get(world)).toBe(200);
    expect(instance.sessions).toHaveLength(4);
    expect(world.summaries.flatMap(({ retried }) => retried)).toEqual([]);
  });

  it("takes nothing more once its instance drains, and ends with what runs", async () => {
    await using world = await World.start(createWireEngine);
    const instance = world.adopt(await startH2Instance(held), "h2c");
    const client = await hold(world);
    world.register(instance.port, { protocol: "h2c", state: "draining" });
    expect(await get(world)).toBe(503);
    expect(instance.open.size).toBe(1);
    expect(client.ending).toBeUndefined();
    client.socket.destroy();
    await vi.waitFor(() => expect(instance.open.size).toBe(0));
  });

  it("ends when it was idle for a while", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    await using world = await World.start(createWireEngine);
    const instance = world.adopt(await startH2Instance(answerOk), "h2c");
    expect(await get(world)).toBe(200);
    vi.advanceTimersByTime(29_000);
    expect(await get(world)).toBe(200);
    expect(instance.sessions).toHaveLength(1);
    vi.advanceTimersByTime(31_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(instance.open.size).toBe(0));
    await vi.waitFor(() => expect(world.engine.instanceSessions).toBe(0));
  });

  it("serves those that waited for it before its instance drained", async () => {
    await using world = await World.start(createWireEngine);
    const begun = Promise.withResolvers<void>();
    const drained = Promise.withResolvers<void>();
    const instance = await TestInstance.start(async (connection) => {
      begun.resolve();
      await drained.promise;
      await accept(connection);
      for (;;) connection.send(headers((await readUntil(connection, HEADERS)).stream, 200, [], END));
    });
    world.adopt(instance, "h2c");
    const waiting = get(world);
    await begun.promise;
    world.register(instance.port, { protocol: "h2c", state: "draining" });
    drained.resolve();
    expect(await waiting).toBe(200);
    await vi.waitFor(() => expect(instance.open).toBe(0));
  });

  it("is gone some time after its end, though its instance does not end its side", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    await using world = await World.start(createWireEngine);
    const told = Promise.withResolvers<RawConnection>();
    const instance = await TestInstance.start(async (connection) => {
      await accept(connection);
      const { stream } = await readUntil(connection, HEADERS);
      connection.send(headers(stream, 200, [], END)).send(goaway(stream, 0));
      await readUntil(connection, GOAWAY);
      told.resolve(connection);
    });
    world.adopt(instance, "h2c");
    expect(await get(world)).toBe(200);
    const connection = await told.promise;
    await vi.waitFor(() => expect(instance.open).toBe(0));
    vi.advanceTimersByTime(6_000);
    vi.useRealTimers();
    await vi.waitFor(() => {
      connection.send("x");
      expect(connection.socket.destroyed).toBe(true);
    });
  });

  it("is asked by a ping whether it lives, but not often while its instance has nothing to say", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    await using world = await World.start(createWireEngine, {
      settings: { timeouts: { bodyIdleMs: 3_600_000 } },
    });
    let pings = 0;
    let answersPings = true;
    world.adopt(
      await TestInstance.start(async (connection) => {
        await accept(connection);
        const { stream } = await readUntil(connection, HEADERS);
        connection.send(headers(stream, 200));
        for (;;) {
          const { payload } = await readUntil(connection, PING);
          pings++;
          if (answersPings) connection.send(frame(PING, END, 0, payload));
        }
      }),
      "h2c",
    );
    const client = await world.client();
    await client.send(requestText()).readHead();
    vi.advanceTimersByTime(9_000);
    vi.advanceTimersByTime(2_000);
    await vi.waitFor(() => expect(pings).toBe(1));
    vi.advanceTimersByTime(300_000);
    answersPings = false;
    vi.advanceTimersByTime(20_000);
    await vi.waitFor(() => expect(pings).toBe(2));
    expect(client.ending).toBeUndefined();
    vi.advanceTimersByTime(21_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(client.ending).toBeDefined());
    expect(world.summaries[0]).toMatchObject({ failure: "answer-cut" });
    expect(pings).toBe(2);
  });

  it("that does not come is given up with the exchanges that waited for it", async () => {
    await using world = await World.start(createWireEngine, { route: { timeouts: { connectMs: 150 } } });
    const silent = world.adopt(
      await TestInstance.start(async (connection) => void (await connection.readBytes(24))),
      "h2c",
    );
    expect(await Promise.all([get(world), get(world)])).toEqual([504, 504]);
    expect(world.summaries.map(({ failure }) => failure)).toEqual(["connect-timeout", "connect-timeout"]);
    await vi.waitFor(() => expect(silent.open).toBe(0));
  });

  it("whose instance refuses a request has it tried elsewhere with its body, whatever its method", async () => {
    await using world = await World.start(createWireEngine);
    const refusing = await TestInstance.start(async (connection) => {
      await accept(connection);
      for (;;) connection.send(reset((await readUntil(connection, HEADERS)).stream, 7));
    });
    let body = "";
    const good = await startH2Instance((stream) => {
      body = "";
      stream.on("data", (chunk) => (body += String(chunk))).on("end", () => answerOk(stream, {}));
    });
    world.adopt(refusing, "h2c");
    world.adopt(good, "h2c");
    const client = await world.client();
    for (let count = 0; count < 4; count++) {
      client.send(requestText("POST /", ["Transfer-Encoding: chunked"], "4\r\nonce\r\n"));
      await vi.waitFor(() => expect(world.counts.active).toBe(1));
      client.send("3\r\n, x\r\n0\r\n\r\n");
      expect(statusOf(await client.readMessage())).toBe(200);
      expect(body).toBe("once, x");
    }
    expect(world.summaries.flatMap(({ retried }) => retried)).toContain("answer-refused");
  });

  it("shows its instance that a request was cut", async () => {
    await using world = await World.start(createWireEngine);
    const frames: number[][] = [];
    world.adopt(
      await TestInstance.start(async (connection) => {
        await accept(connection);
        for (;;) {
          const { type, flags } = await readFrame(connection);
          frames.push([type, flags]);
        }
      }),
      "h2c",
    );
    const client = await world.client();
    client.send(requestText("POST /", ["Transfer-Encoding: chunked"], "4\r\npart\r\n"));
    await vi.waitFor(() => expect(frames).toContainEqual([0, 0]));
    client.socket.destroy();
    await vi.waitFor(() => expect(frames).toContainEqual([RST_STREAM, 0]));
    expect(frames).not.toContainEqual([0, END]);
  });

  it("makes a client wait that sends more than its instance takes, to the limit of the body", async () => {
    await using world = await World.start(createWireEngine, { route: { timeouts: { bodyIdleMs: 300 } } });
    world.adopt(
      await TestInstance.start(async (connection) => {
        await accept(connection);
        // It opens no window.
        await readUntil(connection, GOAWAY);
      }),
      "h2c",
    );
    const client = await world.client();
    client.send(requestText("POST /", ["Content-Length: 100000000"]));
    const block = Buffer.alloc(1024 * 1024);
    let sent = 0;
    const fill = (): void => {
      do sent++;
      while (sent < 90 && client.socket.write(block));
    };
    client.socket.on("drain", fill);
    fill();
    const answer = await client.readAnswer();
    expect([statusOf(answer), valuesOf(answer, "x-wayleave-error")]).toEqual([504, ["answer-timeout"]]);
    expect(sent).toBeLessThan(40);
  });
});
