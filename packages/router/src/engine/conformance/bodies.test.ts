import { createHash } from "node:crypto";

import { describe, expect, it, vi } from "vitest";

import { type Differences, ENGINES } from "./engines.ts";
import { statusOf, valuesOf } from "./raw-connection.ts";
import { answering, ok } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

const MEGABYTE = 1024 * 1024;
const block = Buffer.alloc(64 * 1024, "0123456789abcdef");
const chunk = Buffer.concat([Buffer.from("10000\r\n"), block, Buffer.from("\r\n")]);

function trailersAs({ relaysTrailers, clientVersion }: Differences, field: string): string {
  if (!relaysTrailers) return "";
  return clientVersion === "2.0" ? field.toLowerCase() : field;
}

/** What the kernel holds on a way is a few MB; then all stands still. */
async function untilItStands(written: () => number): Promise<void> {
  let before = -1;
  const look = (): void => {
    const now = written();
    const stands = now > 0 && now === before;
    before = now;
    expect(stands).toBe(true);
  };
  await vi.waitFor(look, { timeout: 15_000, interval: 300 });
}

describe.each(ENGINES)("bodies through $name", ({ create, differences }) => {
  it("with a length arrive whole, with that length", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    for (const [method, body] of [
      ["POST", "x=1"],
      ["PUT", ""],
      ["DELETE", "why"],
      ["GET", "odd"],
    ] as const) {
      client.send(requestText(`${method} /`, [`Content-Length: ${body.length}`], body));
      expect(statusOf(await client.readMessage())).toBe(200);
      const request = instance.requests.at(-1);
      expect(request?.body).toBe(body);
      expect(request && valuesOf(request, "content-length")).toEqual([String(body.length)]);
    }
  });

  it.each(["POST", "DELETE", "OPTIONS", "GET"])(
    "of a %s in chunks arrive whole, in chunks",
    async (method) => {
      await using world = await World.start(create);
      const instance = await world.instance(answering(ok()));
      const client = await world.client();
      // The rest would be a second request to an instance that is told there is no body (CVE-2026-29057).
      const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
      const size = smuggled.length.toString(16);
      client.send(
        requestText(
          `${method} /`,
          ["Transfer-Encoding: chunked"],
          `${size};x=y\r\n${smuggled}\r\n3\r\nabc\r\n0\r\n\r\n`,
        ),
      );
      expect(statusOf(await client.readMessage())).toBe(200);
      expect(statusOf(await client.send(requestText("GET /next")).readMessage())).toBe(200);
      expect(instance.requests.map(({ startLine }) => startLine)).toEqual([
        `${method} / HTTP/1.1`,
        "GET /next HTTP/1.1",
      ]);
      const [request] = instance.requests;
      expect(request?.body).toBe(`${smuggled}abc`);
      expect(request && valuesOf(request, "transfer-encoding")).toEqual(["chunked"]);
      expect(request && valuesOf(request, "content-length")).toEqual([]);
    },
  );

  it("keep their trailers where the engine can", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(
      answering(
        "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n",
      ),
    );
    const client = await world.client();
    client.send(
      requestText(
        "POST /",
        ["Trailer: X-In", "Transfer-Encoding: chunked"],
        "1\r\na\r\n0\r\nX-In: 1\r\n\r\n",
      ),
    );
    const answer = await client.readMessage();
    expect(answer.body).toBe("ok");
    expect(answer.trailers).toBe(trailersAs(differences, "X-Sum: 2\r\n"));
    expect(instance.requests[0]).toMatchObject({
      body: "a",
      trailers: trailersAs(differences, "X-In: 1\r\n"),
    });
  });

  it("of 32 MB arrive unharmed in both directions at once", async () => {
    await using world = await World.start(create);
    await world.instance(async (connection) => {
      await connection.readHead();
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (let sent = 0; sent < 512; sent++) {
        await connection.readBytes(block.length);
        if (!connection.socket.write(chunk))
          await new Promise((resolve) => connection.socket.once("drain", resolve));
      }
      connection.send("0\r\n\r\n");
    });
    const client = await world.client();
    client.send(requestText("POST /", [`Content-Length: ${512 * block.length}`]));
    const upload = (async () => {
      for (let sent = 0; sent < 512; sent++) {
        if (!client.socket.write(block)) await new Promise((resolve) => client.socket.once("drain", resolve));
      }
    })();
    const answer = await client.readMessage();
    await upload;
    const digest = createHash("sha256");
    for (let count = 0; count < 512; count++) digest.update(block);
    expect(createHash("sha256").update(Buffer.from(answer.body, "latin1")).digest("hex")).toBe(
      digest.digest("hex"),
    );
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ bytesIn: 32 * MEGABYTE, bytesOut: 32 * MEGABYTE });
  });

  it("of an answer wait in the instance while the client does not read", async () => {
    await using world = await World.start(create);
    let written = 0;
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 * MEGABYTE}\r\n\r\n`);
      const fill = (): void => {
        do written += block.length;
        while (connection.socket.write(block));
      };
      connection.socket.on("drain", fill);
      fill();
    });
    const client = await world.client();
    client.socket.pause();
    client.send(requestText());
    await untilItStands(() => written);
    expect(written).toBeLessThan(64 * MEGABYTE);
  });

  it("of a request wait in the client while the instance does not read", async () => {
    await using world = await World.start(create);
    await world.instance(async (connection) => {
      connection.socket.pause();
    });
    const client = await world.client();
    client.send(requestText("POST /", [`Content-Length: ${1024 * MEGABYTE}`]));
    let written = 0;
    const fill = (): void => {
      do written += block.length;
      while (client.socket.write(block));
    };
    client.socket.on("drain", fill);
    fill();
    await untilItStands(() => written);
    expect(written).toBeLessThan(64 * MEGABYTE);
  });

  it("that end with the connection arrive whole", async () => {
    await using world = await World.start(create);
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end").end();
    });
    const client = await world.client();
    const answer = await client.send(requestText()).readMessage();
    expect(answer.body).toBe("to the end");
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
  });

  it("arrive piece by piece as they are made, like the events of a stream", async () => {
    await using world = await World.start(create);
    const one = Promise.withResolvers<void>();
    const two = Promise.withResolvers<void>();
    await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      await one.promise;
      connection.send("3\r\none\r\n");
      await two.promise;
      connection.send("3\r\ntwo\r\n");
    });
    const client = await world.client();
    expect(statusOf(await client.send(requestText()).readHead())).toBe(200);
    one.resolve();
    await client.readThrough("one");
    two.resolve();
    await client.readThrough("two");
  });

  it("are still taken by an instance that has answered early", async () => {
    await using world = await World.start(create);
    const { promise: whole, resolve } = Promise.withResolvers<string>();
    const instance = await world.instance(async (connection, { accepted }) => {
      if (accepted === 1) {
        await connection.readHead();
        connection.send(ok("early"));
        resolve(await connection.readBytes(10));
      }
      await connection.readHead();
      connection.send(ok("next"));
    });
    const client = await world.client();
    client.send(requestText("POST /", ["Content-Length: 10"], "01234"));
    expect((await client.readMessage()).body).toBe("early");
    client.send("56789");
    expect(await whole).toBe("0123456789");
    expect((await client.send(requestText()).readMessage()).body).toBe("next");
    // What is written over TLS is never gone at once, and a connection that still writes is not kept.
    if (create.instances === undefined) expect(instance.accepted).toBe(1);
  });

  it("need not be sent when the instance refuses them early and closes", async () => {
    await using world = await World.start(create);
    await world.instance(async (connection) => {
      await connection.readHead();
      connection.send("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno").end();
    });
    const client = await world.client();
    client.send(requestText("POST /", ["Content-Length: 100000"], "x".repeat(1_000)));
    const answer = await client.readMessage();
    expect([statusOf(answer), answer.body]).toEqual([413, "no"]);
    client.send("x".repeat(99_000));
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ status: 413, attempts: 1 });
  });

  it("are asked for when the client waits for that", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      const head = await connection.readHead();
      if (differences.relaysContinue) {
        expect(valuesOf(head, "expect")).toEqual(["100-continue"]);
        connection.send("HTTP/1.1 100 Continue\r\n\r\n");
      }
      self.requests.push({ ...head, body: await connection.readBytes(4) });
      connection.send(ok());
    });
    const client = await world.client();
    client.send(requestText("PUT /", ["Expect: 100-continue", "Content-Length: 4"]));
    expect(statusOf(await client.readHead())).toBe(100);
    expect(statusOf(await client.send("body").readMessage())).toBe(200);
    expect(instance.requests[0]?.body).toBe("body");
  });

  it("are not asked for when there is nobody to take them", async () => {
    await using world = await World.start(create);
    const client = await world.client();
    client.send(requestText("PUT /", ["Expect: 100-continue", "Content-Length: 4"]));
    expect(statusOf(await client.readMessage())).toBe(503);
  });
});
