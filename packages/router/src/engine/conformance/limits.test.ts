import { describe, expect, it, vi } from "vitest";

import { ENGINES, overHttp1 } from "./engines.ts";
import { statusOf, valuesOf } from "./raw-connection.ts";
import { answering, ok } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

const fields = (count: number): string[] => Array.from({ length: count }, (_, index) => `X-${index}: 1`);

describe.each(ENGINES)("the limits of $name", ({ create, differences }) => {
  const endsConnection = differences.refusalEnds === "connection";

  it("refuse a head of too many bytes", async () => {
    await using world = await World.start(create, { settings: { listener: { maxHeadBytes: 4096 } } });
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    const fits = requestText("GET /", [`X: ${"x".repeat(3_500)}`]);
    expect(statusOf(await client.send(fits).readMessage())).toBe(200);
    const answer = await client.send(requestText("GET /", [`X: ${"x".repeat(7_000)}`])).readMessage();
    expect(statusOf(answer)).toBe(431);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["head-too-large"]);
    if (endsConnection) expect(await client.ended()).toBe("end");
    expect(instance.requests).toHaveLength(1);
  });

  it("refuse a target that is too long", async () => {
    await using world = await World.start(create, { settings: { listener: { maxHeadBytes: 4096 } } });
    const client = await world.client();
    const answer = await client.send(requestText(`GET /${"x".repeat(7_000)}`)).readMessage();
    expect(statusOf(answer)).toBe(431);
  });

  it("refuse a head of too many fields", async () => {
    await using world = await World.start(create, { settings: { listener: { maxHeaders: 10 } } });
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    expect(statusOf(await client.send(requestText("GET /", fields(9))).readMessage())).toBe(200);
    const answer = await client.send(requestText("GET /", fields(10))).readMessage();
    expect(statusOf(answer)).toBe(431);
    if (endsConnection) expect(await client.ended()).toBe("end");
    expect(instance.requests).toHaveLength(1);
  });

  it("hold from one connection to the next", async () => {
    await using world = await World.start(create, { settings: { listener: { maxHeadBytes: 2048 } } });
    await world.instance(answering(ok()));
    const text = requestText("GET /", [`X: ${"x".repeat(3_000)}`]);
    expect(statusOf(await (await world.client()).send(text).readMessage())).toBe(431);
    world.table.apply({ revision: 99, settings: {}, routes: [], instances: [] });
    expect(statusOf(await (await world.client()).send(text).readMessage())).toBe(200);
  });

  it("end the wait for the next request of a kept connection, without a word", async () => {
    await using world = await World.start(create, { settings: { listener: { keepAliveMs: 100 } } });
    await world.instance(answering(ok()));
    const client = await world.client();
    await client.send(requestText()).readMessage();
    expect(await client.ended()).toBe("end");
    expect(client.unread).toBe("");
  });

  it("refuse connections beyond the maximum", async () => {
    await using world = await World.start(create, { settings: { listener: { maxConnections: 2 } } });
    await world.instance(answering(ok()));
    const first = await world.client();
    const second = await world.client();
    expect(statusOf(await first.send(requestText()).readMessage())).toBe(200);
    expect(statusOf(await second.send(requestText()).readMessage())).toBe(200);
    const third = await world.client();
    await third.ended();
    expect(third.unread).toBe("");
    expect(world.engine.connections).toBe(2);
    first.end();
    await vi.waitFor(async () => {
      const next = await world.client();
      expect(statusOf(await next.send(requestText()).readMessage())).toBe(200);
    });
  });

  it("refuse exchanges beyond the connections of an instance, and take them when one is free", async () => {
    await using world = await World.start(create, { route: { limits: { connectionsPerInstance: 1 } } });
    const asked = Promise.withResolvers<() => void>();
    const instance = await world.instance(async (connection, self) => {
      for (;;) {
        await self.read(connection);
        asked.resolve(() => connection.send(ok()));
        if (self.requests.length > 1) connection.send(ok());
      }
    });
    const client = await world.client();
    client.send(requestText());
    const answerFirst = await asked.promise;
    const other = await world.client();
    const refused = await other.send(requestText()).readMessage();
    expect(statusOf(refused)).toBe(503);
    expect(valuesOf(refused, "x-wayleave-error")).toEqual(["instances-saturated"]);
    answerFirst();
    expect(statusOf(await client.readMessage())).toBe(200);
    expect(statusOf(await other.send(requestText()).readMessage())).toBe(200);
    expect(instance.accepted).toBe(1);
  });

  it("refuse a body that says it is too large before an instance sees it", async () => {
    await using world = await World.start(create, { route: { limits: { maxBodyBytes: 10 } } });
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    const answer = await client
      .send(requestText("POST /", ["Content-Length: 11"], "x".repeat(11)))
      .readMessage();
    expect(statusOf(answer)).toBe(413);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["body-too-large"]);
    expect(instance.accepted).toBe(0);
    const fits = await (
      await world.client()
    )
      .send(requestText("POST /", ["Content-Length: 10"], "x".repeat(10)))
      .readMessage();
    expect(statusOf(fits)).toBe(200);
  });

  it("refuse a body that turns out too large", async () => {
    await using world = await World.start(create, { route: { limits: { maxBodyBytes: 10 } } });
    const { promise: begun, resolve } = Promise.withResolvers<string>();
    const instance = await world.instance(async (connection) =>
      resolve(await connection.readThrough("01234567")),
    );
    const client = await world.client();
    client.send(requestText("POST /", ["Transfer-Encoding: chunked"], "8\r\n01234567\r\n"));
    await begun;
    client.send("8\r\n01234567\r\n");
    const answer = await client.readMessage();
    expect(statusOf(answer)).toBe(413);
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ failure: "body-too-large", attempts: 1 });
    expect(world.entry(instance.port)).toMatchObject({ active: 0, failures: 0, ejections: 0 });
    await vi.waitFor(() => expect(instance.open).toBe(0));
  });

  it("end the wait for a client's body", async () => {
    await using world = await World.start(create, { route: { timeouts: { bodyIdleMs: 200 } } });
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    const answer = await client.send(requestText("POST /", ["Content-Length: 10"], "01234")).readMessage();
    expect(statusOf(answer)).toBe(408);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["body-timeout"]);
    if (endsConnection) expect(await client.ended()).toBe("end");
    expect(world.entry(instance.port)).toMatchObject({ active: 0, failures: 0 });
    await vi.waitFor(() => expect(instance.open).toBe(0));
  });

  it("end the wait for the rest of an instance's body, and the client sees that it is not whole", async () => {
    await using world = await World.start(create, { route: { timeouts: { bodyIdleMs: 200 } } });
    const instance = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
    });
    const client = await world.client();
    client.send(requestText());
    await client.readThrough("ab\r\n");
    await client.ended();
    expect(client.unread).toBe("");
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ failure: "answer-timeout", status: 200 });
    expect(world.entry(instance.port)).toMatchObject({ active: 0, failures: 1 });
  });

  it("do not end a body that keeps moving, however slowly", async () => {
    await using world = await World.start(create, { route: { timeouts: { bodyIdleMs: 1_000 } } });
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (let count = 0; count < 15; count++) {
        connection.send("1\r\nx\r\n");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      connection.send("0\r\n\r\n");
    });
    const client = await world.client();
    expect((await client.send(requestText()).readMessage()).body).toBe("x".repeat(15));
  });

  it("end the wait for an answer's head", async () => {
    await using world = await World.start(create, { route: { timeouts: { answerHeadMs: 150 } } });
    const instance = await world.instance(async () => undefined);
    const other = await world.instance(async () => undefined);
    const client = await world.client();
    const answer = await client.send(requestText()).readMessage();
    expect(statusOf(answer)).toBe(504);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["answer-timeout"]);
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    // One that works on it already is not helped by another one that does the same.
    expect(world.summaries[0]).toMatchObject({ failure: "answer-timeout", attempts: 1 });
    await vi.waitFor(() => expect(instance.open + other.open).toBe(0));
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(504);
  });

  it("end the exchange, before its answer's head and after it", async () => {
    await using world = await World.start(create, { route: { timeouts: { exchangeMs: 300 } } });
    let isFirst = true;
    await world.instance(async (connection, self) => {
      for (;;) {
        await self.read(connection);
        if (isFirst) {
          isFirst = false;
          return;
        }
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while (!connection.socket.destroyed) {
          connection.send("x");
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    });
    const client = await world.client();
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(504);
    expect(statusOf(await client.send(requestText()).readHead())).toBe(200);
    await client.ended();
    await vi.waitFor(() => expect(world.summaries).toHaveLength(2));
    expect(world.summaries.map(({ failure }) => failure)).toEqual(["answer-timeout", "answer-timeout"]);
  });
});

// Over HTTP/2 the connection ends: see http2-connection.test.ts.
describe.each(overHttp1("RFC 9113 section 4.3: what is no whole field block is no stream to answer on"))(
  "the limits of $name ($why)",
  ({ create }) => {
    it("end the wait for a head, but answer only to who has begun one", async () => {
      await using world = await World.start(create, { settings: { listener: { headMs: 100 } } });
      const begun = await world.client();
      const silent = await world.client();
      const answer = await begun.send("GET / HT").readMessage();
      expect(statusOf(answer)).toBe(408);
      expect(valuesOf(answer, "x-wayleave-error")).toEqual(["head-timeout"]);
      expect(await begun.ended()).toBe("end");
      expect(await silent.ended()).toBe("end");
      expect(silent.unread).toBe("");
      expect(world.summaries).toHaveLength(1);
      expect(world.summaries[0]).toMatchObject({ failure: "head-timeout", status: 408 });
    });

    it("end the wait for a head that never comes to its end", async () => {
      await using world = await World.start(create, { settings: { listener: { headMs: 300 } } });
      const client = await world.client();
      client.send("GET / HTTP/1.1\r\n");
      const drip = setInterval(() => client.send("X: 1\r\n"), 20);
      try {
        expect(statusOf(await client.readMessage())).toBe(408);
      } finally {
        clearInterval(drip);
      }
    });
  },
);
