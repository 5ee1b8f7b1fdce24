import { createHash } from "node:crypto";

import { describe, expect, it, vi } from "vitest";

import { statusOf, valuesOf } from "../../conformance/raw-connection.ts";
import { World, requestText } from "../../conformance/world.ts";
import { createWireEngine } from "../../wire/wire-engine.ts";
import { start } from "../testing/h2-client.ts";
import { startScene } from "../testing/h2-scene.ts";
import { type StreamBehaviour, answerOk, h2cInstanceIn } from "../testing/h2-instance.ts";

const UPGRADE = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];
const TAKES_TUNNELS = { settings: { enableConnectProtocol: true } };

/** Opens it, and sends back what comes. */
const tunnel: StreamBehaviour = (stream, sent) => {
  stream.respond({
    ":status": sent[":protocol"] === "websocket" ? 200 : 400,
    "sec-websocket-protocol": "chat",
  });
  stream.pipe(stream);
};

describe("a WebSocket to an instance that speaks HTTP/2", () => {
  it("is opened by an extended CONNECT, and looks to its client as any other", async () => {
    await using world = await World.start(createWireEngine);
    const instance = await h2cInstanceIn(world, tunnel, TAKES_TUNNELS);
    const client = await world.client();
    const answer = await client.send(requestText("GET /chat", UPGRADE)).readHead();
    expect(statusOf(answer)).toBe(101);
    expect(valuesOf(answer, "sec-websocket-accept")).toEqual(["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]);
    expect(valuesOf(answer, "sec-websocket-protocol")).toEqual(["chat"]);
    expect(instance.requests[0]?.join("\n")).toContain(
      ":method\nCONNECT\n:scheme\nhttp\n:path\n/chat\n:protocol\nwebsocket",
    );
    expect(instance.requests[0]).not.toContain("sec-websocket-key");
    expect(await client.send("hello").readBytes(5)).toBe("hello");
    const large = "x".repeat(1_000_000);
    client.send(large);
    expect(
      createHash("sha1")
        .update(await client.readBytes(large.length))
        .digest("hex"),
    ).toBe(createHash("sha1").update(large).digest("hex"));
    client.end();
    await client.readToEnd();
    await vi.waitFor(() =>
      expect(world.summaries[0]).toMatchObject({ status: 101, isUpgraded: true, failure: undefined }),
    );
    await vi.waitFor(() => expect(world.counts.active).toBe(0));
  });

  it("goes through from a client of HTTP/2", async () => {
    await using scene = await startScene();
    await h2cInstanceIn(scene.world, tunnel, TAKES_TUNNELS);
    const stream = start(
      scene.client,
      { ":method": "CONNECT", ":protocol": "websocket", ":scheme": "https" },
      false,
    );
    stream.write("hello");
    let echoed = "";
    stream.on("data", (chunk) => (echoed += String(chunk)));
    await vi.waitFor(() => expect(echoed).toBe("hello"));
    stream.close();
    await vi.waitFor(() => expect(scene.world.summaries[0]).toMatchObject({ status: 101, isUpgraded: true }));
  });

  it("is refused as the instance refuses it", async () => {
    await using world = await World.start(createWireEngine);
    await h2cInstanceIn(
      world,
      (stream) => {
        stream.respond({ ":status": 403 });
        stream.end("no");
      },
      TAKES_TUNNELS,
    );
    const client = await world.client();
    const answer = await client.send(requestText("GET /", UPGRADE)).readMessage();
    expect([statusOf(answer), answer.body]).toEqual([403, "no"]);
    await vi.waitFor(() => expect(world.counts.active).toBe(0));
  });

  it("is answered for when the instance takes none, and tried on one that does", async () => {
    await using world = await World.start(createWireEngine);
    await h2cInstanceIn(world, answerOk);
    const client = await world.client();
    const answer = await client.send(requestText("GET /", UPGRADE)).readMessage();
    expect([statusOf(answer), valuesOf(answer, "x-wayleave-error")]).toEqual([
      502,
      ["websocket-unsupported"],
    ]);
    await h2cInstanceIn(world, tunnel, TAKES_TUNNELS);
    for (let count = 0; count < 2; count++) {
      const other = await world.client();
      expect(statusOf(await other.send(requestText("GET /", UPGRADE)).readHead())).toBe(101);
    }
  });

  it("is cut for its client when the instance's connection is", async () => {
    await using world = await World.start(createWireEngine);
    const instance = await h2cInstanceIn(world, tunnel, TAKES_TUNNELS);
    const client = await world.client();
    await client.send(requestText("GET /", UPGRADE)).readHead();
    for (const session of instance.open) session.destroy();
    await vi.waitFor(() => expect(client.ending).toBeDefined());
    await vi.waitFor(() => expect(world.counts.active).toBe(0));
  });
});
