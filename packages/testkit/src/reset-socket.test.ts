import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

import { describe, expect, it } from "vitest";

import { resetSocket } from "./reset-socket.ts";

async function connected(): Promise<{ socket: Socket; other: Socket } & AsyncDisposable> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection");
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  const [other] = (await accepted) as [Socket];
  const closed = once(server, "close");
  server.close();
  return {
    socket,
    other,
    async [Symbol.asyncDispose]() {
      other.destroy();
      await closed;
    },
  };
}

describe("a socket that is reset", () => {
  it("tells the other side by an error", async () => {
    await using pair = await connected();
    const failed = once(pair.other, "error");
    resetSocket(pair.socket);
    expect((await failed)[0]).toMatchObject({ code: "ECONNRESET" });
  });

  it("is closed, too, while its end is on its way", async () => {
    await using pair = await connected();
    const errors: Error[] = [];
    pair.socket.on("error", (error) => errors.push(error));
    const closed = once(pair.socket, "close");
    pair.socket.end();
    resetSocket(pair.socket);
    await closed;
    expect(errors).toEqual([]);
  });
});
