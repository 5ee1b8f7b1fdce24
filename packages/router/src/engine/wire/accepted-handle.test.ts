import { once } from "node:events";
import { type Server, connect, createServer } from "node:net";

import { describe, expect, it } from "vitest";

import { type AcceptedHandle, acceptHandles, socketOn } from "./accepted-handle.ts";

/** A server whose connections become handles; and the next of them. */
async function listen(): Promise<{ readonly server: Server; readonly next: Promise<AcceptedHandle> }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, next: new Promise((resolve) => acceptHandles(server, resolve)) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("the handle of an accepted connection", () => {
  it("is not made a socket of, on the Node that the repository brings", async () => {
    const { server, next } = await listen();
    let sockets = 0;
    server.on("connection", () => (sockets += 1));
    const client = connect(portOf(server), "127.0.0.1");
    const accepted = socketOn(await next);
    accepted.end("hello");
    const [text]: unknown[] = await once(client, "data");
    expect(String(text)).toBe("hello");
    expect(sockets).toBe(0);
    client.destroy();
    accepted.destroy();
    server.close();
  });

  it("is taken out of the socket that a Node of another kind makes", async () => {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const handle: object = Reflect.get(server, "_handle");
    const handles: AcceptedHandle[] = [];
    Reflect.set(server, "_handle", {});
    acceptHandles(server, (accepted) => handles.push(accepted));
    Reflect.set(server, "_handle", handle);
    const client = connect(portOf(server), "127.0.0.1");
    const [made]: unknown[] = await once(server, "connection");
    expect(handles).toHaveLength(1);
    expect(made).toMatchObject({ destroyed: true });
    for (const accepted of handles) socketOn(accepted).end("hello");
    const [text]: unknown[] = await once(client, "data");
    expect(String(text)).toBe("hello");
    client.destroy();
    for (const accepted of handles) accepted.close();
    server.close();
  });
});
