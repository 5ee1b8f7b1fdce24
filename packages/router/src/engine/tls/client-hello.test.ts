import { once } from "node:events";
import { type Socket, createServer } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { readServername } from "./client-hello.ts";

const named = await helloOf({ servername: "Shop.example", ALPNProtocols: ["h2", "http/1.1"] });
const HEADER_BYTES = 5;

/** What Node says first. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const accepted = once(server, "connection");
  const client = connect({
    port: typeof address === "object" ? address?.port : 0,
    host: "127.0.0.1",
    ...options,
  });
  client.on("error", () => undefined);
  const [socket] = (await accepted) as [Socket];
  const [bytes] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** The same message in records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const records: Buffer[] = [];
  for (let at = HEADER_BYTES; at < hello.length; at += size) {
    const part = hello.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

describe("what a client says first", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "tells the host that it names, as it stands there, over %s",
    async (maxVersion) => {
      expect(readServername(named)).toBe("Shop.example");
      expect(readServername(await helloOf({ servername: "a.b-c.example", maxVersion }))).toBe(
        "a.b-c.example",
      );
    },
  );

  it("names none, where it does not", async () => {
    expect(readServername(await helloOf({}))).toBe("");
  });

  it("is awaited as long as a byte of it lacks, and what follows it is no part of it", () => {
    for (let length = 0; length < named.length; length++) {
      expect(readServername(named.subarray(0, length))).toBeUndefined();
    }
    expect(readServername(Buffer.concat([named, named]))).toBe("Shop.example");
  });

  it.each([1, 2, 3, 100])("may come in records of %d bytes", (size) => {
    const split = inRecords(named, size);
    expect(readServername(split)).toBe("Shop.example");
    expect(readServername(split.subarray(0, -1))).toBeUndefined();
  });

  it.each([
    ["plain HTTP", Buffer.from("GET / HTTP/1.1\r\n")],
    ["an alert", Buffer.from([21, 3, 3, 0, 2, 2, 40])],
    ["another message", Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])],
    ["one that is announced to be huge", Buffer.from([22, 3, 1, 0, 4, 1, 255, 255, 255])],
    [
      "records without content",
      Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([22, 3, 1, 0, 0]))),
    ],
  ])("is left to OpenSSL where it is %s", (_, bytes) => {
    expect(readServername(bytes)).toBe("");
  });

  it("names a host or none, or is awaited, whatever its bytes are", () => {
    const anywhere = fc.nat({ max: named.length - 1 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anywhere, fc.nat({ max: 255 })), { maxLength: 8 }),
        anywhere,
        (changes, cut) => {
          const bytes = Buffer.from(named);
          for (const [at, byte] of changes) bytes[at] = byte;
          expect(["string", "undefined"]).toContain(typeof readServername(bytes));
          expect(["string", "undefined"]).toContain(typeof readServername(bytes.subarray(0, cut)));
        },
      ),
    );
  });
});
