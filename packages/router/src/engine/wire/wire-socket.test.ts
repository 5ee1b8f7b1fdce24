import { once } from "node:events";
import { type Socket, connect, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

import { describe, expect, it, vi } from "vitest";

import { tcpHandleOf } from "./write-handle.ts";
import { WireSocket } from "./wire-socket.ts";

const PIECE = "0123456789abcdef".repeat(512);

/** A connection over loopback: its one end as the engine has it, the other one paused. */
async function createPair() {
  const server = createServer({ pauseOnConnect: true });
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const socket = connect(port, "127.0.0.1");
  const connected = once(socket, "connect");
  const peer = await accepted;
  await connected;
  const owner = {
    onBytes: () => undefined,
    onDrain: vi.fn<() => void>(),
    onEnd: () => undefined,
    onClose: () => undefined,
    onDefect: vi.fn<() => void>(),
  };
  const destroy = (): void => {
    socket.destroy();
    peer.destroy();
    server.close();
  };
  return { socket, wire: new WireSocket(owner, () => socket), peer, owner, [Symbol.dispose]: destroy };
}

async function readAll(peer: Socket): Promise<string> {
  let text = "";
  for await (const part of peer.setEncoding("latin1")) text += part;
  return text;
}

describe("a socket of the wire engine", () => {
  it("writes to the handle of a plain TCP socket, on the Node that the repository brings", async () => {
    using pair = await createPair();
    expect(tcpHandleOf(pair.socket)).toBeDefined();
    pair.wire.writeText("at the turn's end");
    expect(pair.wire.isWriting).toBe(true);
    expect(pair.socket.bytesWritten).toBe(0);
    await turn();
    expect(pair.wire.isWriting).toBe(false);
    expect(pair.socket.bytesWritten).toBe(17);
  });

  it("sends text and bytes in the order in which they were written, and then its end", async () => {
    using pair = await createPair();
    const large = Buffer.alloc(100_000, "x");
    pair.wire.writeText("one ");
    pair.wire.writeWithHead("two ", large, 0, large.length);
    pair.wire.writeText(" three");
    pair.wire.writeChunk("", Buffer.from("four"), 0, 4);
    pair.wire.end();
    expect(await readAll(pair.peer)).toBe(`one two ${large.toString()} three4\r\nfour\r\n`);
  });

  it("is backed up while its peer does not read, and tells when it is no more", async () => {
    using pair = await createPair();
    let pieces = 0;
    for (; !pair.wire.isBackedUp; pieces++) {
      pair.wire.writeText(PIECE);
      await turn();
    }
    // What is written in spite of it goes behind the rest.
    pair.wire.writeText("the last");
    pair.wire.destroySoon();
    expect(pair.owner.onDrain).not.toHaveBeenCalled();
    expect(await readAll(pair.peer)).toBe(`${PIECE.repeat(pieces)}the last`);
    expect(pair.owner.onDefect).not.toHaveBeenCalled();
  });

  it("drains when the peer reads on", async () => {
    using pair = await createPair();
    while (!pair.wire.isBackedUp) {
      pair.wire.writeText(PIECE);
      await turn();
    }
    pair.peer.resume();
    await vi.waitFor(() => expect(pair.owner.onDrain).toHaveBeenCalled());
    await vi.waitFor(() => expect(pair.wire.isBackedUp).toBe(false));
  });

  it("still sends what was written when it is destroyed in the same turn", async () => {
    using pair = await createPair();
    pair.wire.writeText("cut here");
    pair.wire.destroy();
    expect(await readAll(pair.peer)).toBe("cut here");
  });

  it("takes what is written to a connection that is gone", async () => {
    using pair = await createPair();
    pair.peer.resetAndDestroy();
    await vi.waitFor(() => expect(pair.socket.destroyed).toBe(true));
    pair.wire.writeText("to nobody");
    await turn();
    expect(pair.owner.onDefect).not.toHaveBeenCalled();
  });
});
