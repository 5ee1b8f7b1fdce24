import { describe, expect, it, vi } from "vitest";

import { ENGINES } from "./engines.ts";
import { requestText, World } from "./world.ts";

describe.each(ENGINES)("a client that leaves $name", ({ create }) => {
  it("in mid-exchange has the connection to the instance closed", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      const { startLine } = await self.read(connection);
      if (startLine.includes("/silent")) return;
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n");
    });
    for (const path of ["/silent", "/body"]) {
      for (const how of ["end", "reset"] as const) {
        const client = await world.client();
        client.send(requestText(`GET ${path}`));
        if (path === "/body") await client.readThrough("part\r\n");
        else await vi.waitFor(() => expect(instance.open).toBe(1));
        client[how]();
        await vi.waitFor(() => expect(instance.open).toBe(0));
      }
    }
    await vi.waitFor(() => expect(world.summaries).toHaveLength(4));
    expect(world.summaries.map(({ failure, status }) => [failure, status])).toEqual([
      ["client-gone", 499],
      ["client-gone", 499],
      ["client-gone", 200],
      ["client-gone", 200],
    ]);
    await vi.waitFor(() => expect(world.engine.connections).toBe(0));
    expect(world.entry(instance.port)).toMatchObject({ active: 0, failures: 0, ejections: 0 });
  });

  it("in mid-answer that only the connection's end would end has its connection closed", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart");
    });
    for (const how of ["end", "reset"] as const) {
      const client = await world.client();
      client.send(requestText("GET /").replace("HTTP/1.1", "HTTP/1.0"));
      await client.readThrough("part");
      client[how]();
      await vi.waitFor(() => expect(instance.open).toBe(0));
      await vi.waitFor(() => expect(world.engine.connections).toBe(0));
    }
    expect(world.summaries.map(({ failure }) => failure)).toEqual(["client-gone", "client-gone"]);
  });

  it("in its upload has it cut for the instance too", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection) => {
      await connection.readThrough("01234");
    });
    const client = await world.client();
    client.send(requestText("POST /", ["Content-Length: 10"], "01234"));
    await vi.waitFor(() => expect(instance.accepted).toBe(1));
    client.reset();
    await vi.waitFor(() => expect(instance.open).toBe(0));
    await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
    expect(world.summaries[0]).toMatchObject({ failure: "client-gone", status: 499 });
    expect(world.entry(instance.port)).toMatchObject({ active: 0, failures: 0 });
  });
});
