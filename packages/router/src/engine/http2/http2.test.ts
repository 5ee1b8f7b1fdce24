import { createHash } from "node:crypto";
import { once } from "node:events";
import { constants } from "node:http2";

import { eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { valuesOf } from "../conformance/raw-connection.ts";
import { answering, ok } from "../conformance/test-instance.ts";
import { answerOn, ask, start } from "./testing/h2-client.ts";
import { startScene } from "./testing/h2-scene.ts";

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants;
const MEGABYTE = 1024 * 1024;

describe("a request over HTTP/2", () => {
  it("reaches the instance as one of HTTP/1.1, with the fields of any other", async () => {
    await using scene = await startScene();
    const instance = await scene.world.instance(answering(ok()));
    const answer = await ask(scene.client, {
      ":path": "/a?b=c",
      cookie: ["a=1", "b=2"],
      "x-forwarded-for": "9.9.9.9",
    });
    expect(answer).toMatchObject({ status: 200, body: "ok", code: NGHTTP2_NO_ERROR });
    expect(answer.headers).toMatchObject({ "content-length": "2", via: "1.1 wl-test" });
    const [request] = instance.requests;
    expect(request?.startLine).toBe("GET /a?b=c HTTP/1.1");
    const told = ["Host", "cookie", "X-Forwarded-Proto", "X-Forwarded-For", "Via"];
    expect(told.map((name) => request && valuesOf(request, name))).toEqual([
      ["shop.example"],
      ["a=1; b=2"],
      ["https"],
      ["127.0.0.1"],
      ["2.0 wl-test"],
    ]);
    await eventually(() => expect(scene.world.summaries).toHaveLength(1));
    expect(scene.world.summaries[0]).toMatchObject({ httpVersion: "2.0", status: 200, bytesOut: 2 });
    expect(scene.world.summaries[0]?.failure).toBeUndefined();
  });

  it("brings its body in chunks, or with its length when it says one, and trailers both ways", async () => {
    await using scene = await startScene();
    const instance = await scene.world.instance(async (connection, self) => {
      for (;;) {
        await self.read(connection);
        connection.send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nGrpc-Status: 0\r\n\r\n",
        );
      }
    });
    const stream = scene.client.request(
      { ":authority": "shop.example", ":path": "/", ":method": "POST", te: "trailers" },
      { waitForTrailers: true },
    );
    stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "5" }));
    stream.end("hello");
    const answer = await answerOn(stream);
    expect(answer).toMatchObject({ status: 200, body: "hi", code: NGHTTP2_NO_ERROR });
    expect(answer.trailers).toMatchObject({ "grpc-status": "0" });
    await ask(scene.client, { ":method": "POST", "content-length": 5 }, "hello");
    expect(instance.requests.map(({ body, trailers }) => [body, trailers])).toEqual([
      ["hello", "x-sum: 5\r\n"],
      ["hello", ""],
    ]);
    expect(instance.requests.map((request) => valuesOf(request, "te"))).toEqual([["trailers"], []]);
  });

  it.each([
    ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", { status: 200, body: "" }],
    ["GET", "HTTP/1.1 204 No Content\r\n\r\n", { status: 204, body: "" }],
    ["GET", "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n", { status: 304, body: "" }],
    ["GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", { status: 200, body: "" }],
    ["GET", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", { status: 200, body: "to the end" }],
  ])("%s gets %j whole", async (method, raw, expected) => {
    await using scene = await startScene();
    await scene.world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(raw).end();
    });
    const answer = await ask(scene.client, { ":method": method });
    expect(answer).toMatchObject({ ...expected, code: NGHTTP2_NO_ERROR });
    expect(answer.headers.connection).toBeUndefined();
  });

  it("gets fields as its instance says them, also those that should stand only once", async () => {
    await using scene = await startScene();
    await scene.world.instance(
      answering("HTTP/1.1 200 OK\r\nETag: a\r\nETag: b\r\nContent-Length: 0\r\n\r\n"),
    );
    const stream = start(scene.client);
    const raw = new Promise<readonly string[]>((resolve) => {
      stream.once("response", (_headers, _flags, fields: readonly string[]) => resolve(fields));
    });
    await answerOn(stream);
    expect((await raw).filter((_, at, all) => all[at - 1] === "etag")).toEqual(["a", "b"]);
  });

  it("gets interim answers before the final one", async () => {
    await using scene = await startScene();
    await scene.world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + ok());
    });
    const stream = start(scene.client);
    const hints: unknown[] = [];
    stream.on("headers", (fields) => hints.push(fields.link));
    expect((await answerOn(stream)).status).toBe(200);
    expect(hints).toEqual(["</a.css>"]);
  });

  it("gets an early answer whole, and is not made to send the rest", async () => {
    await using scene = await startScene({ route: { limits: { maxBodyBytes: 10 } } });
    await scene.world.instance(answering(ok()));
    const stream = start(scene.client, { ":method": "POST" }, false);
    stream.write("x".repeat(100));
    const answer = await answerOn(stream);
    expect(answer).toMatchObject({ status: 413, code: NGHTTP2_NO_ERROR });
    expect(answer.headers["x-wayleave-error"]).toBe("body-too-large");
  });

  it.each(["Content-Length: 100\r\n\r\npart", "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", "\r\npart"])(
    "sees a cut answer as cut, while other streams of its connection go on: %j",
    async (rest) => {
      await using scene = await startScene();
      await scene.world.instance(async (connection, self) => {
        const { startLine } = await self.read(connection);
        if (startLine.includes("/cut")) {
          connection.send(`HTTP/1.1 200 OK\r\n${rest}`);
          connection.reset();
        } else connection.send(ok());
      });
      const [cut, whole] = await Promise.all([ask(scene.client, { ":path": "/cut" }), ask(scene.client)]);
      expect([NGHTTP2_INTERNAL_ERROR, NGHTTP2_PROTOCOL_ERROR]).toContain(cut.code);
      expect(whole).toMatchObject({ status: 200, code: NGHTTP2_NO_ERROR });
    },
  );

  it("that is taken back is taken back from the instance", async () => {
    await using scene = await startScene();
    const instance = await scene.world.instance(async (connection, self) => {
      await self.read(connection);
    });
    const stream = start(scene.client);
    await eventually(() => expect(instance.requests).toHaveLength(1));
    stream.close(NGHTTP2_CANCEL);
    await eventually(() => expect(instance.open).toBe(0));
    await eventually(() => expect(scene.world.summaries[0]).toMatchObject({ failure: "client-gone" }));
  });

  it.each([
    [{ ":scheme": "http" }, 400],
    [{ host: "other.example" }, 400],
    [{ "x-large": "x".repeat(40 * 1024) }, 431],
  ])("with %j is answered with %d", async (headers, status) => {
    await using scene = await startScene();
    await scene.world.instance(answering(ok()));
    expect((await ask(scene.client, headers)).status).toBe(status);
    expect((await ask(scene.client)).status).toBe(200);
  });

  it.each([{ ":path": "no-slash" }, { ":authority": "a b" }])(
    "with %j ends in an error of its stream",
    async (headers) => {
      await using scene = await startScene();
      await scene.world.instance(answering(ok()));
      expect(await ask(scene.client, headers)).toMatchObject({ status: 0, code: NGHTTP2_PROTOCOL_ERROR });
      expect((await ask(scene.client)).status).toBe(200);
    },
  );

  it("waits in the client while its instance does not read, and its answer in the instance", async () => {
    await using scene = await startScene();
    const block = "x".repeat(MEGABYTE);
    let sent = 0;
    await scene.world.instance(async (connection, self) => {
      const { startLine } = await self.read(connection);
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 * MEGABYTE}\r\n\r\n`);
      if (!startLine.includes("large")) return;
      const fill = (): void => {
        do sent += block.length;
        while (connection.socket.write(block));
      };
      connection.socket.on("drain", fill);
      fill();
    });
    const stream = start(scene.client, { ":path": "/large" });
    await once(stream, "response");
    let before = -1;
    await eventually(() => {
      const stands = sent === before;
      before = sent;
      expect(stands).toBe(true);
    });
    expect(sent).toBeLessThan(64 * MEGABYTE);
    stream.close();
  });
});

describe("a WebSocket over HTTP/2", () => {
  it("is opened by an extended CONNECT, and carries bytes both ways", async () => {
    await using scene = await startScene();
    await scene.world.instance(async (connection, self) => {
      const request = await self.read(connection);
      const [key = ""] = valuesOf(request, "sec-websocket-key");
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      connection.send(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      connection.send(`echo ${await connection.readBytes(5)}`);
    });
    const stream = start(
      scene.client,
      {
        ":method": "CONNECT",
        ":protocol": "websocket",
        ":scheme": "https",
        "sec-websocket-version": "13",
      },
      false,
    );
    const [head]: unknown[] = await once(stream, "response");
    expect(head).toMatchObject({ ":status": 200 });
    expect(head).not.toHaveProperty("sec-websocket-accept");
    stream.write("hello");
    const [echoed]: unknown[] = await once(stream, "data");
    expect(String(echoed)).toBe("echo hello");
    stream.close();
    await eventually(() => expect(scene.world.summaries[0]).toMatchObject({ status: 101, isUpgraded: true }));
  });
});
