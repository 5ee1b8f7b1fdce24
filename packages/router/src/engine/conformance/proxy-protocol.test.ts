import { describe, expect, it, vi } from "vitest";

import { PLAIN_ENGINES } from "./engines.ts";
import { statusOf, valuesOf } from "./raw-connection.ts";
import { answering, ok } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

const PROXY_V1 = "PROXY TCP4 203.0.113.7 192.0.2.1 51234 443\r\n";
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const ADDRESSES_V4 = [203, 0, 113, 9, 192, 0, 2, 1, 0xc8, 0x22, 0x1f, 0x90]; // from port 51234, to port 8080
// 2001:db8::7, from port 51234 to port 443.
const ADDRESSES_V6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7].concat(
  Array<number>(16).fill(1),
  [0xc8, 0x22, 0x01, 0xbb],
);

function proxyV2(command: number, family: number, payload: readonly number[]): Buffer {
  return Buffer.from([...SIGNATURE, 0x20 | command, family, 0, payload.length, ...payload]);
}

const CLIENTS: [string, string | Buffer, address: string][] = [
  ["version 1", PROXY_V1, "203.0.113.7"],
  ["version 1 over IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 51234 443\r\n", "2001:db8::7"],
  ["version 2", proxyV2(1, 0x11, ADDRESSES_V4), "203.0.113.9"],
  ["version 2 over IPv6", proxyV2(1, 0x21, ADDRESSES_V6), "2001:db8::7"],
  ["version 2 with more than addresses", proxyV2(1, 0x11, [...ADDRESSES_V4, 4, 0, 1, 9]), "203.0.113.9"],
];

const INVALID: Record<string, string | Buffer> = {
  "no header": requestText(),
  "a malformed line": "PROXY TCP4 203.0.113.7 192.0.2.1 51234\r\n",
  "a name for an address": "PROXY TCP4 shop.example 192.0.2.1 51234 443\r\n",
  "a line without end": `PROXY TCP4 ${"1".repeat(200)}`,
  "another version": Buffer.from([...SIGNATURE, 0x31, 0x11, 0, 12, ...ADDRESSES_V4]),
  "too few bytes for its addresses": proxyV2(1, 0x11, [1, 2, 3]),
};

describe.each(PLAIN_ENGINES)("a connection with a PROXY header to $name", ({ create }) => {
  const start = (settings = {}) => World.start(create, { proxyProtocol: true, settings });

  it.each(CLIENTS)("is that of the client it names: %s", async (_, header, address) => {
    await using world = await start();
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    client.send(Buffer.concat([Buffer.from(header), Buffer.from(requestText())]));
    expect(statusOf(await client.readMessage())).toBe(200);
    // It holds for the whole connection.
    expect(
      statusOf(await client.send(requestText("POST /", ["Content-Length: 4"], "body")).readMessage()),
    ).toBe(200);
    for (const request of instance.requests) {
      expect(valuesOf(request, "x-forwarded-for")).toEqual([address]);
    }
    expect(instance.requests.map(({ body }) => body)).toEqual(["", "body"]);
    await vi.waitFor(() => expect(world.summaries).toHaveLength(2));
    expect(world.summaries.map((summary) => summary.client.address)).toEqual([address, address]);
  });

  it.each([
    ["PROXY UNKNOWN\r\n"],
    ["PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"],
    [proxyV2(0, 0x00, [])],
    [proxyV2(1, 0x31, Array<number>(216).fill(1))],
  ])("that names nobody is that of its peer: %#", async (header) => {
    await using world = await start();
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    client.send(header);
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    expect(instance.requests.map((request) => valuesOf(request, "x-forwarded-for"))).toEqual([["127.0.0.1"]]);
  });

  it.each([PROXY_V1, proxyV2(1, 0x11, ADDRESSES_V4)])("may bring it byte by byte: %#", async (header) => {
    await using world = await start();
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    for (const byte of Buffer.from(header)) {
      client.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    for (const letter of requestText()) client.send(letter);
    expect(statusOf(await client.readMessage())).toBe(200);
    expect(valuesOf(instance.requests[0] ?? (await client.readHead()), "x-forwarded-for")[0]).toMatch(
      /^203\.0\.113\./,
    );
  });

  it.each(Object.entries(INVALID))("is closed without a word when it has %s", async (_, bytes) => {
    await using world = await start();
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    client.send(bytes);
    await client.ended();
    expect(client.unread).toBe("");
    expect([instance.accepted, world.summaries.length]).toEqual([0, 0]);
    await vi.waitFor(() => expect(world.engine.connections).toBe(0));
  });

  it.each(["", "PROXY TCP4 203."])("is closed when the header is late: %j", async (part) => {
    await using world = await start({ listener: { headMs: 200 } });
    const client = await world.client();
    client.send(part);
    await client.ended();
    expect(client.unread).toBe("");
    expect(world.summaries).toEqual([]);
  });

  it("that leaves in the header leaves nothing behind", async () => {
    await using world = await start();
    for (const how of ["end", "reset"] as const) {
      const client = await world.client();
      client.send("PROXY TCP4 203.");
      await vi.waitFor(() => expect(world.engine.connections).toBe(1));
      client[how]();
      await vi.waitFor(() => expect(world.engine.connections).toBe(0));
    }
  });

  it("keeps its client's own word about addresses from the instance", async () => {
    await using world = await start();
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    client.send(PROXY_V1 + requestText("GET /", ["X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1"]));
    expect(statusOf(await client.readMessage())).toBe(200);
    const [request] = instance.requests;
    expect(request && valuesOf(request, "x-forwarded-for")).toEqual(["203.0.113.7"]);
  });

  it("carries uploads, pipelined requests and upgrades as any other", async () => {
    await using world = await start();
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    const body = "x".repeat(300_000);
    client.send(
      PROXY_V1 + requestText("POST /up", [`Content-Length: ${body.length}`], body) + requestText("GET /2"),
    );
    for (let count = 0; count < 2; count++) expect(statusOf(await client.readMessage())).toBe(200);
    expect(instance.requests.map((request) => request.body.length)).toEqual([300_000, 0]);
    await instance.stop();
    const upgrading = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
      );
      connection.send(await connection.readBytes(4));
    });
    world.unregister(instance.port);
    const other = await world.client();
    other.send(`${PROXY_V1}${requestText("GET /", ["Connection: Upgrade", "Upgrade: websocket"])}`);
    expect(statusOf(await other.readHead())).toBe(101);
    expect(await other.send("ping").readBytes(4)).toBe("ping");
    expect(upgrading.requests.map((request) => valuesOf(request, "x-forwarded-for"))).toEqual([
      ["203.0.113.7"],
    ]);
  });

  it("does not hold up the engine's end while it is silent", async () => {
    await using world = await start();
    const silent = await world.client();
    const introduced = await world.client();
    introduced.send(PROXY_V1);
    await vi.waitFor(() => expect(world.engine.connections).toBe(2));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await world.engine.close();
    await Promise.all([silent.ended(), introduced.ended()]);
    expect(world.engine.connections).toBe(0);
  });
});
