import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

import { describe, expect, it } from "vitest";

import { ListeningSockets } from "./listening-sockets.ts";

describe("listening sockets", () => {
  it("are one for each place, all on the same free port", async () => {
    const sockets = await ListeningSockets.bind({ host: "127.0.0.1", port: 0 }, 3);
    const ports = [0, 1, 2].map((place) => {
      const name: { port?: number } = {};
      expect(sockets.at(place).getsockname(name)).toBe(0);
      return name.port;
    });
    sockets.close();
    expect(sockets.port).toBeGreaterThan(0);
    expect(ports).toEqual([sockets.port, sockets.port, sockets.port]);
  });

  it("cannot have a port that somebody else listens on", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(ListeningSockets.bind({ host: "127.0.0.1", port }, 2)).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    server.close();
    await once(server, "close");
  });

  it("take a name for an address, and none that is not of this machine", async () => {
    const sockets = await ListeningSockets.bind({ host: "localhost", port: 0 }, 1);
    expect(sockets.port).toBeGreaterThan(0);
    sockets.close();
    await expect(ListeningSockets.bind({ host: "192.0.2.1", port: 0 }, 1)).rejects.toMatchObject({
      code: "EADDRNOTAVAIL",
    });
  });
});
