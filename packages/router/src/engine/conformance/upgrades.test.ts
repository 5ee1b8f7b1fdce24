import { once } from "node:events";
import { createServer } from "node:http";

import { describe, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { ENGINES, overHttp1 } from "./engines.ts";
import { statusOf, valuesOf } from "./raw-connection.ts";
import { answering, ok } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

const asks = (protocol = "websocket", more: string[] = []) =>
  requestText("GET /chat", ["Connection: keep-alive, Upgrade", `Upgrade: ${protocol}`, ...more]);
const switches = (protocol = "websocket") =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nX-Twice: 1\r\nX-Twice: 2\r\n\r\n`;

describe.each(ENGINES)("upgrades through $name", ({ create, differences }) => {
  it("pass the head and the first bytes on, from either side", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      self.requests.push(await connection.readHead());
      connection.send(`${switches()}first`);
      // Early or not: before the instance agrees, it is no other protocol that is spoken.
      expect(await connection.readThrough("!")).toBe("earlymore!");
      connection.send("done");
    });
    const client = await world.client();
    client.send(`${asks("websocket", ["Sec-WebSocket-Key: k"])}early`);
    const answer = await client.readHead();
    expect(statusOf(answer)).toBe(101);
    expect(valuesOf(answer, "connection").join().toLowerCase()).toBe("upgrade");
    expect(valuesOf(answer, "upgrade")).toEqual(["websocket"]);
    expect(valuesOf(answer, "x-twice")).toEqual(["1", "2"]);
    expect(valuesOf(answer, "via")).toEqual(["1.1 wl-test"]);
    const [request] = instance.requests;
    expect(request && valuesOf(request, "connection").join().toLowerCase()).toContain("upgrade");
    expect(request && valuesOf(request, "upgrade")).toEqual(["websocket"]);
    // RFC 8441 section 5: it is not used over HTTP/2; the instance gets one of the router's.
    const key = differences.clientVersion === "1.1" ? "k" : expect.stringMatching(/^[\w+/]{22}==$/);
    expect(request && valuesOf(request, "sec-websocket-key")).toEqual([key]);
    expect(await client.readBytes(5)).toBe("first");
    expect(await client.send("more!").readBytes(4)).toBe("done");
    expect(world.entry(instance.port)?.active).toBe(1);
  });

  it("that the instance refuses are answered with its answer", async () => {
    await using world = await World.start(create);
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnope\r\n0\r\n\r\n",
      );
    });
    const client = await world.client();
    const answer = await client.send(asks()).readMessage();
    expect(statusOf(answer)).toBe(401);
    expect(answer.body).toBe("nope");
    expect(valuesOf(answer, "www-authenticate")).toEqual(["Basic"]);
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ status: 401, isUpgraded: false, failure: undefined });
  });

  it("are refused by the router with its own answer", async () => {
    await using world = await World.start(create);
    const client = await world.client();
    const answer = await client.send(asks()).readMessage();
    expect(statusOf(answer)).toBe(503);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["no-instances"]);
  });

  it("are tried on another instance when one refuses the connection or dies before it answers", async () => {
    await using world = await World.start(create);
    world.register(await world.deadPort());
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.reset();
    });
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(switches());
      connection.send(await connection.readThrough("!"));
    });
    for (let count = 0; count < 3; count++) {
      const client = await world.client();
      expect(statusOf(await client.send(`${asks()}early`).readHead())).toBe(101);
      expect(await client.send("late!").readThrough("!")).toBe("earlylate!");
    }
  });

  it("that nobody accepts end in the row of the last failure", async () => {
    await using world = await World.start(create);
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.reset();
    });
    const client = await world.client();
    const answer = await client.send(asks()).readMessage();
    expect(statusOf(answer)).toBe(502);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["answer-cut"]);
  });

  it("end for both when one side ends or resets", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(`${switches()}x`);
      try {
        if ((await connection.readBytes(5)) === "reset") connection.reset();
      } finally {
        connection.end();
      }
    });
    for (const order of ["close", "reset", "leave", "crash"]) {
      const client = await world.client();
      await client.send(asks()).readThrough("\r\n\r\nx");
      if (order === "leave") client.end();
      else if (order === "crash") client.reset();
      else {
        client.send(order);
        await client.ended();
      }
    }
    await vi.waitFor(() => expect(instance.open).toBe(0));
    await vi.waitFor(() => expect(world.summaries).toHaveLength(4));
    for (const summary of world.summaries) expect(summary).toMatchObject({ status: 101, isUpgraded: true });
    expect(world.entry(instance.port)).toMatchObject({ active: 0, failures: 0 });
  });

  it.each(["reset", "end"] as const)(
    "whose client goes away (%s) before the instance agrees, end too",
    async (how) => {
      await using world = await World.start(create, { route: { timeouts: { answerHeadMs: 500 } } });
      const instance = await world.instance(async (connection, self) => {
        await self.read(connection);
      });
      const client = await world.client();
      client.send(asks());
      await vi.waitFor(() => expect(instance.requests).toHaveLength(1));
      client[how]();
      await vi.waitFor(() => expect(instance.open).toBe(0), { timeout: 5_000 });
      await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
      expect(world.entry(instance.port)?.active).toBe(0);
      expect(statusOf(await (await world.client()).send(asks()).readMessage())).toBe(504);
    },
  );

  it("end at their limit, if one is set", async () => {
    await using world = await World.start(create, { route: { limits: { upgradedMs: 150 } } });
    const instance = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(switches());
    });
    const client = await world.client();
    expect(statusOf(await client.send(asks()).readHead())).toBe(101);
    await client.ended();
    await vi.waitFor(() => expect(instance.open).toBe(0));
  });

  it("outlive the timeouts of ordinary exchanges and the record of their instance", async () => {
    const timeouts = { bodyIdleMs: 100, answerHeadMs: 100, exchangeMs: 200 };
    await using world = await World.start(create, { route: { timeouts } });
    const instance = await world.instance(async (connection, self) => {
      const request = await self.read(connection);
      if (valuesOf(request, "upgrade").length === 0) return;
      connection.send(switches());
      await connection.readBytes(4);
      connection.send("pong");
    });
    const client = await world.client();
    expect(statusOf(await client.send(asks()).readHead())).toBe(101);
    const ordinary = await world.client();
    for (let count = 0; count < 3; count++) {
      expect(statusOf(await ordinary.send(requestText()).readMessage())).toBe(504);
    }
    world.unregister(instance.port);
    expect(await client.send("ping").readBytes(4)).toBe("pong");
  });

  it("that were not asked for are no answer", async () => {
    await using world = await World.start(create);
    await world.instance(answering(switches()));
    const client = await world.client();
    const answer = await client.send(requestText()).readMessage();
    expect(statusOf(answer)).toBe(502);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["answer-malformed"]);
  });
});

// Chromium does it over HTTP/2, in test/browser-over-tls.test.ts.
describe.each(overHttp1("RFC 8441 section 5: the client of ws does not speak it"))(
  "upgrades through $name ($why)",
  ({ create }) => {
    it("carry a real WebSocket both ways, in text and in large binary messages", async () => {
      await using world = await World.start(create);
      const listener = create.instances?.server() ?? createServer();
      const server = new WebSocketServer({ server: listener });
      await once(listener.listen(0, "127.0.0.1"), "listening");
      server.on("connection", (socket) =>
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
      );
      const address = listener.address();
      world.register(typeof address === "object" && address !== null ? address.port : 0);
      try {
        const scheme = create.authority === undefined ? "ws" : "wss";
        const socket = new WebSocket(`${scheme}://127.0.0.1:${world.port}/chat`, {
          rejectUnauthorized: false,
        });
        await once(socket, "open");
        socket.send("hello");
        const [text]: unknown[] = await once(socket, "message");
        expect(String(text)).toBe("hello");
        const big = Buffer.alloc(1024 * 1024, "x");
        socket.send(big);
        const [echoed]: unknown[] = await once(socket, "message");
        expect(echoed).toEqual(big);
        socket.close(1000);
        const [code]: unknown[] = await once(socket, "close");
        expect(code).toBe(1000);
        await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
        expect(world.summaries[0]).toMatchObject({ status: 101, isUpgraded: true, failure: undefined });
        expect(world.summaries[0]?.bytesOut).toBeGreaterThan(1024 * 1024);
        expect(world.summaries[0]?.bytesIn).toBeGreaterThan(1024 * 1024);
      } finally {
        listener.close();
      }
    });
  },
);

describe.each(overHttp1("RFC 9113 section 8.6: there is no Upgrade, and only a WebSocket has its own way"))(
  "upgrades through $name ($why)",
  ({ create, differences }) => {
    it("to another protocol go through where the engine can, and are ordinary requests where not", async () => {
      await using world = await World.start(create);
      const instance = await world.instance(async (connection, self) => {
        const request = await self.read(connection);
        connection.send(valuesOf(request, "upgrade").length > 0 ? `${switches("tcp")}hi` : ok());
      });
      const client = await world.client();
      const answer = await client.send(asks("tcp")).readHead();
      expect(statusOf(answer)).toBe(differences.upgradesToAnything ? 101 : 200);
      expect(instance.requests).toHaveLength(1);
    });

    it.each(["h2c", "h2c, websocket"])("to %s never reach an instance", async (protocol) => {
      await using world = await World.start(create);
      const instance = await world.instance(answering(ok()));
      const client = await world.client();
      const answer = await client.send(asks(protocol, ["HTTP2-Settings: AAMAAABkAAQAAP__"])).readMessage();
      expect(statusOf(answer)).toBe(200);
      const [request] = instance.requests;
      expect(request && valuesOf(request, "upgrade")).toEqual([]);
      expect(request && valuesOf(request, "http2-settings")).toEqual([]);
      expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    });

    it("in HTTP/1.0 are ordinary requests", async () => {
      await using world = await World.start(create);
      const instance = await world.instance(answering(ok()));
      const client = await world.client();
      client.send("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      expect(statusOf(await client.readMessage())).toBe(200);
      expect(instance.requests[0] && valuesOf(instance.requests[0], "upgrade")).toEqual([]);
    });

    it("with a body are ordinary requests", async () => {
      await using world = await World.start(create);
      const instance = await world.instance(answering(ok()));
      const client = await world.client();
      const post = requestText(
        "POST /",
        ["Connection: Upgrade", "Upgrade: websocket", "Content-Length: 4"],
        "body",
      );
      expect(statusOf(await client.send(post).readMessage())).toBe(200);
      expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
      expect(instance.requests[0]?.body).toBe("body");
      expect(instance.requests[0] && valuesOf(instance.requests[0], "upgrade")).toEqual([]);
    });
  },
);
