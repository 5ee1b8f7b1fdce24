// Each enemy gives its row of the failure table, its retry and its summary, and no client is left hanging.

import { describe, expect, it, vi } from "vitest";

import { statusOf, valuesOf } from "../../conformance/raw-connection.ts";
import { type Behaviour, TestInstance } from "../../conformance/test-instance.ts";
import { World, requestText } from "../../conformance/world.ts";
import { createWireEngine } from "../../wire/wire-engine.ts";
import { DATA, END, HEADERS, accept, frame, headers, readUntil } from "../testing/frames.ts";
import { BEFORE_THE_ANSWER, IN_THE_BODY } from "./enemies.ts";

async function startIn(world: World, behave: Behaviour): Promise<TestInstance> {
  return world.adopt(await TestInstance.start(behave), "h2c");
}

/** Answers every request with its number of bytes of body. */
const good: Behaviour = async (connection) => {
  await accept(connection);
  for (;;) {
    const { stream, flags } = await readUntil(connection, HEADERS);
    let bytes = 0;
    for (let isWhole = (flags & END) !== 0; !isWhole;) {
      const { payload, flags: more } = await readUntil(connection, DATA);
      bytes += payload.length;
      isWhole = (more & END) !== 0;
    }
    connection.send(Buffer.concat([headers(stream, 200), frame(DATA, END, stream, String(bytes))]));
  }
};

describe("an HTTP/2 instance that", () => {
  describe.each(Object.entries(BEFORE_THE_ANSWER))("%s", (_, [behave, failure, status]) => {
    it("is answered for, when it is the only one", async () => {
      await using world = await World.start(createWireEngine);
      const instance = await startIn(world, behave);
      const client = await world.client();
      for (let count = 1; count <= 2; count++) {
        const answer = await client.send(requestText()).readAnswer();
        expect([statusOf(answer), valuesOf(answer, "x-wayleave-error")]).toEqual([status, [failure]]);
      }
      await vi.waitFor(() => expect(world.summaries).toHaveLength(2));
      expect(world.summaries[0]).toMatchObject({ failure, status, attempts: 1, retried: [] });
      expect(world.entry(instance.port)).toMatchObject({ active: 0 });
      await vi.waitFor(() => expect(world.counts.active).toBe(0));
    });

    it("is replaced by another one, when the request may be repeated", async () => {
      await using world = await World.start(createWireEngine);
      await startIn(world, behave);
      await startIn(world, good);
      const client = await world.client();
      for (let count = 0; count < 2; count++) {
        expect(statusOf(await client.send(requestText()).readAnswer())).toBe(200);
      }
      await vi.waitFor(() => expect(world.summaries).toHaveLength(2));
      expect(world.summaries.flatMap(({ retried }) => retried)).toContain(failure);
    });
  });

  it.each(Object.entries(IN_THE_BODY))("%s has its answer cut for the client too", async (_, row) => {
    const [sent, then, failure] = row;
    await using world = await World.start(createWireEngine);
    const { promise: gotPart, resolve: getPart } = Promise.withResolvers<void>();
    await startIn(world, async (connection) => {
      await accept(connection);
      const { stream } = await readUntil(connection, HEADERS);
      connection.send(sent(stream));
      await gotPart;
      then(stream, connection);
      // What comes of it is read, so that an end is seen for one.
      for (;;) await connection.readBytes(1);
    });
    const client = await world.client();
    await client.send(requestText()).readHead();
    await client.readThrough("part");
    getPart();
    await vi.waitFor(() => expect(client.ending).toBeDefined());
    expect(client.unread).not.toContain("0\r\n\r\n");
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ failure, status: 200 });
    await vi.waitFor(() => expect(world.counts.active).toBe(0));
  });
});
