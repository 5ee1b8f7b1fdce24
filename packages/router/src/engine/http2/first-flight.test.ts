import { constants } from "node:http2";

import { eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { RawConnection } from "../conformance/raw-connection.ts";
import { createSecureWireEngine } from "../conformance/secure-wire-engine.ts";
import { answering, ok } from "../conformance/test-instance.ts";
import type { WorldOptions, World as TestWorld } from "../conformance/world.ts";
import { World } from "../conformance/world.ts";
import { FLOODS } from "./testing/floods.ts";
import {
  END,
  END_HEADERS,
  GOAWAY,
  HEADERS,
  PING,
  PREFACE,
  SETTINGS,
  fieldBlock,
  frame,
  readUntil,
} from "./testing/frames.ts";

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = constants;
const BEGINNING = Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]);
const GET = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "shop.example"],
  [":path", "/"],
] as const;
const REQUEST = frame(HEADERS, END | END_HEADERS, 1, fieldBlock(GET));

async function startWorld(options: WorldOptions = {}): Promise<TestWorld> {
  return await World.start(createSecureWireEngine, options);
}

const connect = async (world: TestWorld): Promise<RawConnection> =>
  await RawConnection.openSecure(world.port, createSecureWireEngine.authority, ["h2"]);

const floodsOf = (world: TestWorld): unknown[] => [...world.counts.connections.floods.entries()];

async function errorOf(raw: RawConnection): Promise<number> {
  return (await readUntil(raw, GOAWAY)).payload.readUInt32BE(4);
}

describe("what a client of HTTP/2 says first", () => {
  it("is answered, also when each byte of it comes alone", async () => {
    await using world = await startWorld();
    await world.instance(answering(ok()));
    const raw = await connect(world);
    for (const byte of Buffer.concat([BEGINNING, REQUEST])) raw.send(Buffer.from([byte]));
    expect((await readUntil(raw, HEADERS)).stream).toBe(1);
    raw.socket.destroy();
  });

  it("is answered when it is 64 KiB and more of requests", async () => {
    await using world = await startWorld();
    await world.instance(answering(ok()));
    const raw = await connect(world);
    const large = fieldBlock([
      ...GET,
      ...Array.from({ length: 20 }, () => ["x-filling", "x".repeat(100)] as const),
    ]);
    const requests = Array.from({ length: 50 }, (_, at) =>
      frame(HEADERS, END | END_HEADERS, 2 * at + 1, large),
    );
    raw.send(Buffer.concat([BEGINNING, ...requests]));
    const answered = new Set<number>();
    for (let count = 0; count < 50; count++) answered.add((await readUntil(raw, HEADERS)).stream);
    expect(answered.size).toBe(50);
    raw.socket.destroy();
  });

  it("gets our settings when it asks for nothing yet", async () => {
    await using world = await startWorld();
    const raw = await connect(world);
    raw.send(BEGINNING);
    expect((await readUntil(raw, SETTINGS)).payload.length).toBeGreaterThan(0);
    raw.socket.destroy();
  });

  it.each(["rapid reset", "PING", "SETTINGS", "header bomb"])(
    "ends the connection when it is a flood: %s",
    async (name) => {
      await using world = await startWorld();
      const instance = await world.instance(answering(ok()));
      const raw = await connect(world);
      const steps = Array.from({ length: 20 }, (_, at) => FLOODS[name]?.step(2 * at + 1) ?? []);
      raw.send(Buffer.concat([BEGINNING, ...steps.flat()]));
      expect(await errorOf(raw)).toBe(NGHTTP2_ENHANCE_YOUR_CALM);
      await eventually(() => expect(world.engine.connections).toBe(0));
      expect(floodsOf(world)).toHaveLength(1);
      expect(instance.requests).toEqual([]);
    },
  );

  it("may be ten pings, and then more", async () => {
    await using world = await startWorld();
    const raw = await connect(world);
    raw.send(Buffer.concat([BEGINNING, ...Array<Buffer>(10).fill(frame(PING, 0, 0, "a  ping."))]));
    for (let count = 0; count < 10; count++) await readUntil(raw, PING);
    for (let count = 0; count < 40; count++) raw.send(frame(PING, 0, 0, "another."));
    for (let count = 0; count < 40; count++) await readUntil(raw, PING);
    expect(floodsOf(world)).toEqual([]);
    raw.socket.destroy();
  });

  it("must come in time", async () => {
    await using world = await startWorld({ settings: { listener: { headMs: 100 } } });
    const raw = await connect(world);
    raw.send(BEGINNING.subarray(0, 10));
    await raw.ended();
    await eventually(() => expect(world.engine.connections).toBe(0));
  });

  it("may be its end", async () => {
    await using world = await startWorld();
    const raw = await connect(world);
    raw.send(BEGINNING.subarray(0, 10)).end();
    await raw.ended();
    await eventually(() => expect(world.engine.connections).toBe(0));
  });

  it("is answered when a worker is retired meanwhile, and then it is over", async () => {
    await using world = await startWorld();
    await world.instance(answering(ok()));
    const raw = await connect(world);
    const retired = world.engine.retire();
    raw.send(Buffer.concat([BEGINNING, REQUEST]));
    expect((await readUntil(raw, GOAWAY)).payload.readUInt32BE(0)).toBe(1);
    expect((await readUntil(raw, HEADERS)).stream).toBe(1);
    raw.socket.destroy();
    await retired;
    expect(world.engine.connections).toBe(0);
  });

  it("is answered by a farewell when the router closes", async () => {
    await using world = await startWorld();
    const [silent, begun] = [await connect(world), await connect(world)];
    begun.send(BEGINNING);
    await readUntil(begun, SETTINGS);
    const closed = world.engine.close();
    expect(await errorOf(begun)).toBe(NGHTTP2_NO_ERROR);
    begun.socket.destroy();
    await silent.ended();
    await closed;
    expect(world.engine.connections).toBe(0);
  });
});
