import { type IncomingHttpHeaders, constants } from "node:http2";

import { describe, expect, it, vi } from "vitest";

import { statusOf, valuesOf } from "../../conformance/raw-connection.ts";
import { TestInstance } from "../../conformance/test-instance.ts";
import { World, requestText } from "../../conformance/world.ts";
import { createWireEngine } from "../../wire/wire-engine.ts";
import { END, HEADERS, accept, headers, readUntil } from "../testing/frames.ts";
import { answerOn, ask, start } from "../testing/h2-client.ts";
import { startScene } from "../testing/h2-scene.ts";
import { type StreamBehaviour, answerOk, h2cInstanceIn } from "../testing/h2-instance.ts";

/** Sends the body back, and the trailers of the request as those of the answer. */
const echo: StreamBehaviour = (stream) => {
  let trailers: IncomingHttpHeaders = {};
  stream.on("trailers", (sent) => (trailers = sent));
  stream.respond({ ":status": 200 }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ ...trailers, "x-sum": "2", "set-cookie": "a=b" }));
  stream.pipe(stream);
};

describe("a request on a stream to an instance", () => {
  it("says in pseudo fields what HTTP/1.1 says in its first line and Host, and nothing of its connection", async () => {
    await using world = await World.start(createWireEngine);
    const instance = await h2cInstanceIn(world, answerOk);
    const client = await world.client();
    const fields = [
      "Connection: X-Hop, TE",
      "X-Hop: 1",
      "TE: trailers",
      "Keep-Alive: 1",
      "X-Kept: Ü",
      "Cookie: a=1; b=2",
    ];
    client.send(requestText("PUT /a%20b?c=d", [...fields, "Content-Length: 2"], "hi"));
    expect(statusOf(await client.readMessage())).toBe(200);
    const [sent = []] = instance.requests;
    expect(sent.slice(0, 8)).toEqual([
      ":method",
      "PUT",
      ":scheme",
      "http",
      ":path",
      "/a%20b?c=d",
      ":authority",
      "shop.example",
    ]);
    const names = sent.filter((_, index) => index % 2 === 0);
    for (const name of ["host", "connection", "x-hop", "keep-alive", "transfer-encoding"])
      expect(names).not.toContain(name);
    expect(sent.join("\n")).toContain("x-kept\nÜ");
    expect(sent.join("\n")).toContain("cookie\na=1; b=2");
    expect(sent.join("\n")).toContain("content-length\n2");
    expect(sent.join("\n")).toContain("te\ntrailers");
  });

  it("says in Via what the client spoke, and its answer what the instance spoke", async () => {
    await using scene = await startScene();
    const instance = await h2cInstanceIn(scene.world, answerOk);
    const client = await scene.world.client();
    const answer = await client.send(requestText()).readMessage();
    expect(valuesOf(answer, "via")).toEqual(["2.0 wl-test"]);
    expect((await ask(scene.client)).headers["via"]).toBe("2.0 wl-test");
    const told = instance.requests.map((fields) => fields[fields.indexOf("via") + 1]);
    expect(told).toEqual(["1.1 wl-test", "2.0 wl-test"]);
  });

  it("may repeat fields that stand but once elsewhere", async () => {
    await using world = await World.start(createWireEngine);
    const instance = await h2cInstanceIn(world, answerOk);
    const client = await world.client();
    client.send(requestText("GET /", ["Referer: /a", "Referer: /b", "User-Agent: c", "User-Agent: d"]));
    expect(statusOf(await client.readMessage())).toBe(200);
    expect(instance.requests[0]?.join("\n")).toContain(
      "referer\n/a\nreferer\n/b\nuser-agent\nc\nuser-agent\nd",
    );
  });

  it("carries bodies in chunks and trailers both ways", async () => {
    await using world = await World.start(createWireEngine);
    await h2cInstanceIn(world, echo);
    const client = await world.client();
    client.send(
      requestText("POST /", ["Transfer-Encoding: chunked"], "3\r\nabc\r\n2\r\nde\r\n0\r\nX-In: 1\r\n\r\n"),
    );
    expect(await client.readMessage()).toMatchObject({ body: "abcde", trailers: "x-in: 1\r\nx-sum: 2\r\n" });
    client.send(requestText("POST /", ["Content-Length: 3"], "abc"));
    expect(await client.readMessage()).toMatchObject({ body: "abc", trailers: "x-sum: 2\r\n" });
  });

  it("carries them between two sides of HTTP/2", async () => {
    await using scene = await startScene();
    await h2cInstanceIn(scene.world, echo);
    const answer = await ask(scene.client, { ":method": "POST" }, "x".repeat(300_000));
    expect(answer).toMatchObject({ status: 200, code: 0, trailers: { "x-sum": "2" } });
    expect(answer.body).toHaveLength(300_000);
    expect(answer.trailers).not.toHaveProperty("set-cookie");
  });

  it("cannot harm the others on its connection, whatever it says", async () => {
    await using world = await World.start(createWireEngine);
    const instance = await h2cInstanceIn(world, (stream, { ":path": path }) => {
      stream.respond({ ":status": path === "/421" ? 421 : 200 });
      if (path !== "/hold") stream.end();
    });
    const other = await world.client();
    await other.send(requestText("GET /hold")).readHead();
    const heads = [
      ["GET /421"],
      ['GET /"<>\\^`{|}?a=%zz'],
      ["OPTIONS *"],
      ["BREW /"],
      ["GET /", "X-A: \t\x80\xff", "X-B:", "x_c: d", "a!#$%&'*+.^`|~: e"],
      ["GET /", ...Array.from({ length: 90 }, (_, index) => `X-${index}: ${"x".repeat(300)}`)],
      ["GET /", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", "Connection: Upgrade, HTTP2-Settings"],
      ["GET /", "Upgrade: websocket", "Connection: Upgrade"],
      ["GET /", "TE: gzip", "Connection: TE, close", "Proxy-Connection: x"],
      ["GET /", "Content-Length: 0", "Expect: 100-continue"],
      ["GET /", "Cookie: a=b", "Cookie: c=d", "Authorization: e", "Authorization: f"],
    ];
    for (const [line = "", ...fields] of heads) {
      const client = await world.client();
      const status = statusOf(await client.send(requestText(line, fields)).readAnswer());
      expect([line, status]).toEqual([line, line.endsWith("421") ? 421 : 200]);
    }
    expect(instance.sessions).toHaveLength(1);
    expect(other.ending).toBeUndefined();
  });

  it("waits for 100 Continue where its client does", async () => {
    await using world = await World.start(createWireEngine);
    await h2cInstanceIn(world, (stream) => {
      stream.additionalHeaders({ ":status": 100 });
      stream.on("end", () => answerOk(stream, {})).resume();
    });
    const client = await world.client();
    client.send(requestText("POST /", ["Expect: 100-continue", "Content-Length: 2"]));
    expect(statusOf(await client.readHead())).toBe(100);
    expect(statusOf(await client.send("hi").readMessage())).toBe(200);
  });
});

describe("an answer on a stream from an instance", () => {
  it.each([
    ["HEAD /", { ":status": 200, "content-length": "9" }, ["9"]],
    ["GET /", { ":status": 204 }, []],
    ["GET /", { ":status": 304, "content-length": "9" }, ["9"]],
    ["GET /", { ":status": 200 }, ["0"]],
  ])("to %s of %j has no body, and its connection goes on", async (line, fields, lengths) => {
    await using world = await World.start(createWireEngine);
    await h2cInstanceIn(world, (stream) => stream.respond(fields, { endStream: true }));
    const client = await world.client();
    for (let count = 0; count < 2; count++) {
      const answer = await client.send(requestText(line)).readMessage({ isBodiless: true });
      expect(statusOf(answer)).toBe(fields[":status"]);
      expect(valuesOf(answer, "content-length")).toEqual(lengths);
    }
  });

  it("comes behind its early hints", async () => {
    await using world = await World.start(createWireEngine);
    await h2cInstanceIn(world, (stream, sent) => {
      stream.additionalHeaders({ ":status": 103, link: "</a>; rel=preload" });
      answerOk(stream, sent);
    });
    const client = await world.client();
    const hints = await client.send(requestText()).readHead();
    expect([statusOf(hints), valuesOf(hints, "link")]).toEqual([103, ["</a>; rel=preload"]]);
    expect(statusOf(await client.readMessage())).toBe(200);
  });

  it("ends with its connection for a client of HTTP/1.0", async () => {
    await using world = await World.start(createWireEngine);
    await h2cInstanceIn(world, answerOk);
    const client = await world.client();
    const answer = await client.send("GET / HTTP/1.0\r\nHost: shop.example\r\n\r\n").readMessage();
    expect([answer.body, valuesOf(answer, "transfer-encoding")]).toEqual(["ok", []]);
  });

  it("loses a field whose value is none", async () => {
    await using world = await World.start(createWireEngine);
    world.adopt(
      await TestInstance.start(async (connection) => {
        await accept(connection);
        const { stream } = await readUntil(connection, HEADERS);
        connection.send(
          headers(
            stream,
            200,
            [
              ["x-a", "b\r\nset-cookie: c=d"],
              ["x-b", "kept"],
            ],
            END,
          ),
        );
      }),
      "h2c",
    );
    const client = await world.client();
    const answer = await client.send(requestText()).readMessage();
    expect([valuesOf(answer, "x-a"), valuesOf(answer, "set-cookie"), valuesOf(answer, "x-b")]).toEqual([
      [],
      [],
      ["kept"],
    ]);
  });

  it("that is whole before its request lets the rest of that go by", async () => {
    await using world = await World.start(createWireEngine);
    let taken = 0;
    await h2cInstanceIn(world, (stream) => {
      answerOk(stream, {});
      stream.on("data", (chunk: Buffer) => (taken += chunk.length));
    });
    const client = await world.client();
    client.send(requestText("POST /", ["Content-Length: 8"], "half"));
    expect(statusOf(await client.readMessage())).toBe(200);
    client.send("rest");
    await vi.waitFor(() => expect(taken).toBe(8));
    expect(statusOf(await client.send(requestText("POST /", ["Content-Length: 1"], "x")).readMessage())).toBe(
      200,
    );
  });

  it("ends the upload of a client when its instance wants no more of it", async () => {
    await using scene = await startScene();
    await h2cInstanceIn(scene.world, (stream) => {
      answerOk(stream, {});
      stream.on("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
    });
    const stream = start(scene.client, { ":method": "POST" }, false);
    stream.write("half");
    expect(await answerOn(stream)).toMatchObject({
      status: 200,
      body: "ok",
      code: constants.NGHTTP2_NO_ERROR,
    });
    await vi.waitFor(() => expect(scene.world.summaries).toHaveLength(1));
    expect(scene.world.summaries[0]).toMatchObject({ status: 200, failure: undefined });
  });

  it("waits in the instance while the client does not read", async () => {
    await using world = await World.start(createWireEngine);
    const block = Buffer.alloc(1024 * 1024);
    let written = 0;
    await h2cInstanceIn(world, (stream) => {
      stream.respond({ ":status": 200 });
      const fill = (): void => {
        do written++;
        while (stream.write(block));
      };
      stream.on("drain", fill);
      fill();
    });
    const client = await world.client();
    await client.send(requestText()).readHead();
    client.socket.pause();
    let before = -1;
    await vi.waitFor(
      () => {
        const stands = written === before;
        before = written;
        expect(stands).toBe(true);
      },
      { interval: 200, timeout: 10_000 },
    );
    expect(written).toBeLessThan(64);
  });
});
