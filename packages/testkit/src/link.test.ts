import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { eventually } from "./eventually.ts";
import { type Link, startLink } from "./link.ts";

let server: Server;
let link: Link;
let accepted: Socket[];
let received: string;

beforeEach(async () => {
  accepted = [];
  received = "";
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => (received += bytes.toString()));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  link = await startLink({ host: "127.0.0.1", port: address.port });
});

afterEach(async () => {
  await link.close();
  server.close();
});

interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  /** Resolves with the code of the error that closed it. */
  readonly closed: Promise<string | undefined>;
}

async function open(): Promise<Client> {
  const socket = connect(link.port, "127.0.0.1");
  let text = "";
  let code: string | undefined;
  socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
  socket.on("error", (error: NodeJS.ErrnoException) => (code = error.code));
  const closed = new Promise<string | undefined>((resolve) => socket.once("close", () => resolve(code)));
  await once(socket, "connect");
  return { socket, text: () => text, closed };
}

describe("a link", () => {
  it("passes bytes and ends both ways", async () => {
    const { socket, text } = await open();
    socket.write("to the server");
    await eventually(() => expect(received).toBe("to the server"));
    accepted[0]?.end("to the client");
    await once(socket, "end");
    expect(text()).toBe("to the client");
    await eventually(() => expect(link.connections).toBe(0));
  });

  it("resets what is open when it is cut, and takes new connections", async () => {
    const { closed } = await open();
    await eventually(() => expect(accepted).toHaveLength(1));
    link.cut();
    expect(await closed).toBe("ECONNRESET");
    const next = await open();
    next.socket.end("again");
    await eventually(() => expect(received).toBe("again"));
  });

  it("refuses connections until it is healed, on the same port", async () => {
    link.refuse();
    await expect(open()).rejects.toThrow("ECONNREFUSED");
    link.heal();
    const { socket } = await eventually(open);
    socket.end("healed");
    await eventually(() => expect(received).toBe("healed"));
  });

  it("holds the bytes of a frozen way, without loss, while the other way goes on", async () => {
    const { socket, text } = await open();
    await eventually(() => expect(accepted).toHaveLength(1));
    link.freeze("to-server");
    const bytes = "x".repeat(3_000_000);
    socket.end(bytes);
    accepted[0]?.write("hello");
    await eventually(() => expect(text()).toBe("hello"));
    expect(received).toBe("");
    link.heal();
    await eventually(() => expect(received.length).toBe(bytes.length));
  });

  it("hides from the server that the client is gone while that way is frozen", async () => {
    const { socket } = await open();
    await eventually(() => expect(accepted).toHaveLength(1));
    let isClosed = false;
    accepted[0]?.once("close", () => (isClosed = true));
    link.freeze("to-server");
    socket.resetAndDestroy();
    const other = await open();
    await eventually(() => expect(accepted).toHaveLength(2));
    accepted[1]?.write("the other way is open");
    await eventually(() => expect(other.text()).toBe("the other way is open"));
    expect(isClosed).toBe(false);
    link.heal();
    await eventually(() => expect(isClosed).toBe(true));
  });

  it("passes bytes on later when it delays, in order", async () => {
    const { socket } = await open();
    link.delay(200);
    const sentAt = performance.now();
    for (let n = 0; n < 10; n++) socket.write(String(n));
    await eventually(() => expect(received).toBe("0123456789"));
    expect(performance.now() - sentAt).toBeGreaterThanOrEqual(199);
  });

  it("resets a client whose server refuses", async () => {
    server.close();
    const { closed } = await open();
    expect(await closed).toBe("ECONNRESET");
    await eventually(() => expect(link.connections).toBe(0));
  });
});
