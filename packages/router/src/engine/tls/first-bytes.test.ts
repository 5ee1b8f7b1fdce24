import { once } from "node:events";
import { type Socket, connect, createServer } from "node:net";

import { eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { takeHandle } from "../wire/accepted-handle.ts";
import { adoptHandle } from "../wire/shared-read.ts";
import { type FirstBytes, readHandle, readSocket } from "./first-bytes.ts";

/** What was read of a connection, what became of it, and its client. */
async function connectPair(read: typeof readHandle) {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const accepted = once(server, "connection");
  const client = connect({
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    allowHalfOpen: true,
  });
  const [socket] = (await accepted) as [Socket];
  const seen = { text: "", events: [] as string[] };
  const first: FirstBytes = read(takeHandle(socket), {
    onFirstBytes: (bytes) => void (seen.text += bytes.toString("latin1")),
    onGone: () => void seen.events.push("gone"),
    onClose: () => void seen.events.push("close"),
  });
  return {
    first,
    seen,
    client,
    [Symbol.dispose]: () => void [client.destroy(), first.destroy(), server.close()],
  };
}

describe.each([
  ["by the handle", readHandle],
  ["by a socket", readSocket],
] as const)("the first bytes of a connection, read %s", (_, read) => {
  it("come as they are, until the connection is given on", async () => {
    using pair = await connectPair(read);
    for (const text of ["one", "two"]) {
      pair.client.write(text);
      await eventually(() => expect(pair.seen.text).toContain(text));
    }
    let rest = "";
    const onBytes = (bytes: Buffer, length: number): void => void (rest += bytes.latin1Slice(0, length));
    const taken = adoptHandle(pair.first.take(), { onBytes, onDefect: () => undefined });
    pair.client.write("three");
    await eventually(() => expect(rest).toBe("three"));
    expect(pair.seen).toEqual({ text: "onetwo", events: [] });
    taken.destroy();
  });

  it("may be answered by an alert, and our end", async () => {
    using pair = await connectPair(read);
    pair.first.refuse(Buffer.from([21, 3, 3, 0, 2, 2, 112]));
    const [alert]: unknown[] = await once(pair.client, "data");
    expect(alert).toEqual(Buffer.from([21, 3, 3, 0, 2, 2, 112]));
    await once(pair.client, "end");
  });

  it("tell of the client's end, and close when they are to", async () => {
    using pair = await connectPair(read);
    pair.client.end();
    await eventually(() => expect(pair.seen.events).toContain("gone"));
    pair.first.destroy();
    await eventually(() => expect(pair.seen.events).toEqual(["gone", "close"]));
  });
});
