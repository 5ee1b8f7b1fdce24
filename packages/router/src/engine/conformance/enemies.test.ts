// Each enemy gives its row of the failure table, its retry and its summary, and no client is left hanging.

import { describe, expect, it, vi } from "vitest";

import { afterHead, BEFORE_THE_ANSWER, IN_THE_BODY, say } from "./enemies.ts";
import { ENGINES, overHttp1 } from "./engines.ts";
import { startFullListener } from "./full-listener.ts";
import { statusOf, valuesOf } from "./raw-connection.ts";
import { answering, type Behaviour, ok, TestInstance } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

describe.each(ENGINES)("an instance behind $name that", ({ create }) => {
  describe.each(Object.entries(BEFORE_THE_ANSWER))("%s", (_, [behave, failure, status]) => {
    it("is answered for, when it is the only one", async () => {
      await using world = await World.start(create);
      const instance = await world.instance(behave);
      const client = await world.client();
      const answer = await client.send(requestText()).readAnswer();
      expect(statusOf(answer)).toBe(status);
      expect(valuesOf(answer, "x-wayleave-error")).toEqual([failure]);
      await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
      expect(world.summaries[0]).toMatchObject({ failure, status, attempts: 1, retried: [] });
      expect(world.entry(instance.port)).toMatchObject({ active: 0, failures: 1 });
      // It is the instance that failed: the client's connection goes on.
      expect(statusOf(await client.send(requestText()).readAnswer())).toBe(status);
      await vi.waitFor(() => expect(instance.open).toBe(0));
      await vi.waitFor(() => expect(world.counts.active).toBe(0));
      expect(world.failureCounts()).toEqual({ failed: { [failure]: 2 }, retried: {} });
    });

    it("is replaced by another one, when the request may be repeated", async () => {
      await using world = await World.start(create);
      const bad = await world.instance(behave);
      await world.instance(answering(ok()));
      const client = await world.client();
      for (let count = 0; count < 2; count++) {
        expect(statusOf(await client.send(requestText()).readAnswer())).toBe(200);
      }
      await vi.waitFor(() => expect(world.summaries).toHaveLength(2));
      expect(world.summaries.map(({ retried }) => retried).flat()).toEqual(Array(bad.accepted).fill(failure));
      expect(bad.accepted).toBeGreaterThan(0);
      expect(world.failureCounts()).toEqual({ failed: {}, retried: { [failure]: bad.accepted } });
    });

    it("is not replaced when the request may not be repeated", async () => {
      await using world = await World.start(create);
      const bad = await world.instance(behave);
      const good = await world.instance(answering(ok()));
      const client = await world.client();
      const text = requestText("POST /", ["Content-Length: 4"], "once");
      const statuses: number[] = [];
      for (let count = 0; count < 4; count++) {
        statuses.push(statusOf(await client.send(text).readAnswer()));
      }
      expect(statuses.toSorted((one, other) => one - other)).toEqual([200, 200, status, status]);
      expect([bad.accepted, good.requests.length]).toEqual([2, 2]);
    });
  });

  it("resets at once has its request tried on another one, if it was not sent or may be repeated", async () => {
    await using world = await World.start(create);
    const bad = await world.instance(async (connection) => connection.reset());
    const client = await world.client();
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(502);
    await world.instance(answering(ok()));
    for (let count = 0; count < 3; count++) {
      expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    }
    await vi.waitFor(() => expect(world.summaries).toHaveLength(4));
    // The kernel has accepted it; whether the reset is seen before or after the request went out is chance.
    const failures = world.summaries.map(({ failure, retried }) => failure ?? retried).flat();
    expect(failures).toHaveLength(bad.accepted);
    for (const failure of failures) expect(["answer-cut", "connect-failed"]).toContain(failure);
    const { failed, retried } = world.failureCounts();
    const counted = [...Object.values(failed), ...Object.values(retried)];
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(bad.accepted);
  });

  it.each(Object.entries(IN_THE_BODY))("%s has its answer cut for the client too", async (_, row) => {
    const [sent, says, then, failure] = row;
    await using world = await World.start(create);
    const { promise: gotPart, resolve: getPart } = Promise.withResolvers<void>();
    const behave: Behaviour = async (connection, self) => {
      await self.read(connection);
      connection.send(sent);
      await gotPart;
      say(connection, says, then);
    };
    const instances = [await world.instance(behave), await world.instance(behave)];
    const client = await world.client();
    const head = await client.send(requestText()).readHead();
    expect(statusOf(head)).toBe(200);
    let got = await client.readThrough("part");
    getPart();
    const ending = await client.ended();
    got += client.unread;
    // By its framing or by a reset, the client can tell that this is not the whole answer.
    if (valuesOf(head, "transfer-encoding").length > 0) expect(got).not.toMatch(/\r\n0\r\n\r\n$/);
    else if (valuesOf(head, "content-length").length > 0) expect(got.length).toBeLessThan(9);
    else expect(ending).toBe("reset");
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ failure, status: 200, attempts: 1 });
    expect(world.failureCounts()).toEqual({ failed: { [failure]: 1 }, retried: {} });
    await vi.waitFor(() => expect(instances.map(({ open }) => open)).toEqual([0, 0]));
    expect(instances.map(({ accepted }) => accepted).toSorted((one, other) => one - other)).toEqual([0, 1]);
  });

  it("refuses is replaced for any method, ejected, and answered for when all refuse", async () => {
    await using world = await World.start(create);
    const dead = await world.deadPort();
    world.register(dead);
    const good = await world.instance(
      answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    );
    const client = await world.client();
    const post = requestText("POST /", ["Content-Length: 4"], "body");
    for (let count = 0; count < 3; count++) expect(statusOf(await client.send(post).readMessage())).toBe(200);
    expect(good.requests.map(({ body }) => body)).toEqual(["body", "body", "body"]);
    expect(world.entry(dead)).toMatchObject({ active: 0, ejections: 1 });
    await good.stop();
    const answer = await client.send(post).readMessage();
    expect(statusOf(answer)).toBe(502);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["connect-refused"]);
    await vi.waitFor(() => expect(world.summaries).toHaveLength(4));
    expect(world.summaries.map(({ retried }) => retried).flat()).toContain("connect-refused");
    expect(world.failureCounts()).toMatchObject({ failed: { "connect-refused": 1 } });
    expect(world.counts.retries.get("connect-refused")).toBeGreaterThan(0);
  });

  it("accepts no connection is replaced, and answered for", async () => {
    await using world = await World.start(create, { route: { timeouts: { connectMs: 150 } } });
    // A listener whose queue is full lets a connection hang, as one behind a firewall does.
    const full = await startFullListener();
    try {
      world.register(full.port);
      const client = await world.client();
      const answer = await client.send(requestText("POST /", ["Content-Length: 1"], "x")).readMessage();
      expect(statusOf(answer)).toBe(504);
      expect(valuesOf(answer, "x-wayleave-error")).toEqual(["connect-timeout"]);
      await world.instance(answering(ok()));
      expect(
        statusOf(await client.send(requestText("POST /", ["Content-Length: 1"], "x")).readMessage()),
      ).toBe(200);
      expect(world.failureCounts()).toMatchObject({ failed: { "connect-timeout": 1 } });
    } finally {
      await full.close();
    }
  });

  it("accepts and says nothing is answered for in time, and not asked twice", async () => {
    await using world = await World.start(create, { route: { timeouts: { answerHeadMs: 200 } } });
    const silent: TestInstance[] = [];
    for (let count = 0; count < 2; count++) {
      silent.push(await world.instance(async (connection, self) => void (await self.read(connection))));
    }
    const client = await world.client();
    const answer = await client.send(requestText()).readMessage();
    expect(statusOf(answer)).toBe(504);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["answer-timeout"]);
    expect(silent.map(({ accepted }) => accepted).toSorted((one, other) => one - other)).toEqual([0, 1]);
    await vi.waitFor(() => expect(silent.map(({ open }) => open)).toEqual([0, 0]));
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ failure: "answer-timeout", attempts: 1, retried: [] });
    expect(world.failureCounts()).toEqual({ failed: { "answer-timeout": 1 }, retried: {} });
  });

  it("closes between two requests on a kept connection costs no request", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(ok());
      // The second request finds a connection that is closed, or that is just being closed.
      setImmediate(() => connection.end());
    });
    const client = await world.client();
    for (let count = 0; count < 30; count++) {
      expect(statusOf(await client.send(requestText(`GET /${count}`)).readMessage())).toBe(200);
    }
    expect(instance.requests).toHaveLength(30);
    expect(world.entry(instance.port)).toMatchObject({ failures: 0, ejections: 0 });
    expect(world.failureCounts().failed).toEqual({});
  });

  it("resets a kept connection when it is used again is asked anew, and not blamed", async () => {
    await using world = await World.start(create, { route: { retries: { attempts: 1 } } });
    let connections = 0;
    const instance = await world.instance(async (connection, self) => {
      const isFirst = connections++ === 0;
      await self.read(connection);
      connection.send(ok("first"));
      await self.read(connection);
      if (isFirst) connection.reset();
      else connection.send(ok("second"));
    });
    const client = await world.client();
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    expect(instance.accepted).toBe(2);
    expect(world.entry(instance.port)).toMatchObject({ failures: 0, ejections: 0 });
    expect(world.failureCounts().failed).toEqual({});
  });

  it("speaks on an idle connection does not speak to the next client", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(ok("mine"));
      setImmediate(() => connection.send(ok("poison")));
      await self.read(connection);
      connection.send(ok("late"));
    });
    const client = await world.client();
    expect((await client.send(requestText()).readMessage()).body).toBe("mine");
    await vi.waitFor(() => expect(instance.open).toBe(0));
    expect((await client.send(requestText()).readMessage()).body).toBe("mine");
  });

  it("says more than its answer is long says it to nobody", async () => {
    await using world = await World.start(create);
    await world.instance(answering(`${ok("whole")}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`));
    const client = await world.client();
    for (let count = 0; count < 3; count++) {
      expect((await client.send(requestText()).readMessage()).body).toBe("whole");
    }
    expect(client.unread).toBe("");
  });

  it("fails five times in a row is left out, as long as others can serve", async () => {
    await using world = await World.start(create);
    const bad = await world.instance(afterHead("", "end"));
    for (let count = 0; count < 2; count++) await world.instance(answering(ok()));
    const client = await world.client();
    for (let count = 0; count < 20; count++) {
      expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    }
    expect(bad.accepted).toBe(5);
    expect(world.entry(bad.port)).toMatchObject({ ejections: 1 });
  });
});

describe.each(overHttp1("RFC 9113 section 3.2: no client of HTTP/1.0 speaks it"))(
  "an instance behind $name ($why) that",
  ({ create }) => {
    it("cuts an answer for an HTTP/1.0 client has it reset, as only that tells", async () => {
      await using world = await World.start(create);
      await world.instance(
        afterHead("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", "end"),
      );
      const client = await world.client();
      client.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
      expect(await client.ended()).toBe("reset");
    });
  },
);

const WITHOUT_HTTP2 = ENGINES.filter(({ differences }) => !differences.speaksHttp2);

describe.each(WITHOUT_HTTP2)("an instance behind $name that", ({ create }) => {
  it("speaks a protocol that the engine does not is replaced, answered for, and not called", async () => {
    await using world = await World.start(create);
    const foreign = await TestInstance.start(answering(ok()));
    world.register(foreign.port, { protocol: "h2" });
    const client = await world.client();
    const post = requestText("POST /", ["Content-Length: 4"], "body");
    const answer = await client.send(post).readMessage();
    expect(statusOf(answer)).toBe(502);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["connect-unsupported"]);
    const good = await world.instance(answering(ok()));
    for (let count = 0; count < 3; count++) expect(statusOf(await client.send(post).readMessage())).toBe(200);
    expect([foreign.accepted, good.requests.length]).toEqual([0, 3]);
    await foreign.stop();
  });
});
