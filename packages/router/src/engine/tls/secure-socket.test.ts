import { constants } from "node:crypto";
import { once } from "node:events";
import { connect as connectHttp2, performServerHandshake } from "node:http2";
import { type Socket, connect, createServer } from "node:net";
import { type ConnectionOptions, type TLSSocket, connect as connectTls, createSecureContext } from "node:tls";

import { TestAuthority, eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { takeHandle } from "../wire/accepted-handle.ts";
import { WireSocket } from "../wire/wire-socket.ts";
import { tlsHandleOf } from "../wire/write-handle.ts";
import {
  type SecureOptions,
  type SecureSocket,
  openOnHandle,
  openOnSocket,
  openSecure,
} from "./secure-socket.ts";
import { hasTlsHandles } from "./tls-handle.ts";

const authority = new TestAuthority();
const { chain, key } = authority.issue(["shop.example"]);
const secureContext = createSecureContext({
  cert: chain,
  key,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
});
const OPTIONS: SecureOptions = {
  secureContext,
  ALPNProtocols: Buffer.from("\x08http/1.1"),
  beginning: Buffer.alloc(0),
  requestCert: false,
  rejectUnauthorized: false,
};
const LARGE = "0123456789abcdef".repeat(64 * 1024);

/** What the router's side of a connection sees and does. */
interface Side {
  readonly secure: SecureSocket;
  readonly wire: WireSocket;
  readonly seen: { text: string; drains: number; isEnded: boolean; isClosed: boolean };
}

/** Connects over TLS; gives the router's side, opened as asked, and the client's. */
async function connectPair(open: typeof openOnHandle, options: ConnectionOptions = {}) {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const side = new Promise<Side>((resolve) => {
    server.once("connection", (accepted: Socket) => {
      const secure = openSecure(takeHandle(accepted), OPTIONS, open);
      secure.once("secure", () => resolve(watch(secure)));
    });
  });
  const below = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const client = connectTls({
    socket: below,
    ca: authority.certificate,
    servername: "shop.example",
    ...options,
  });
  const destroy = (): void => {
    client.destroy();
    below.destroy();
    server.close();
  };
  await once(client, "secureConnect");
  return { ...(await side), client, below, [Symbol.dispose]: destroy };
}

function watch(secure: SecureSocket): Side {
  const seen = { text: "", drains: 0, isEnded: false, isClosed: false };
  const owner = {
    onBytes: (bytes: Buffer, length: number) => void (seen.text += bytes.latin1Slice(0, length)),
    onDrain: () => void (seen.drains += 1),
    onEnd: () => void (seen.isEnded = true),
    onClose: () => void (seen.isClosed = true),
    onDefect: () => undefined,
  };
  return { secure, wire: new WireSocket(owner, (receiver) => secure.readTo(receiver)), seen };
}

async function readAll(client: TLSSocket): Promise<string> {
  let text = "";
  for await (const part of client.setEncoding("latin1")) text += part;
  return text;
}

describe("a secure connection", () => {
  it("is put on the handle, on the Node that the repository brings", () => {
    expect(hasTlsHandles(secureContext)).toBe(true);
  });

  it("tells whether its client has ended or reset it", async () => {
    for (const isReset of [false, true]) {
      using pair = await connectPair(openOnHandle);
      if (isReset) pair.below.resetAndDestroy();
      else pair.client.end();
      await eventually(() => expect(pair.seen.isEnded).toBe(true));
      expect(pair.wire.isReset).toBe(isReset);
    }
  });
});

describe.each([
  ["on the handle", openOnHandle],
  ["on the socket", openOnSocket],
] as const)("a secure connection %s", (_, open) => {
  it("reads what the client says, and its end", async () => {
    using pair = await connectPair(open);
    pair.client.end(LARGE);
    await eventually(() => expect(pair.seen.isEnded).toBe(true));
    expect(pair.seen.text).toBe(LARGE);
  });

  it("writes by the handle, on the Node that the repository brings, all in order, and then its end", async () => {
    using pair = await connectPair(open);
    expect(tlsHandleOf(pair.secure)).toBeDefined();
    const bytes = Buffer.from(LARGE);
    pair.wire.writeText("one ");
    pair.wire.writeWithHead("two ", bytes, 0, bytes.length);
    await new Promise(setImmediate);
    pair.wire.writeChunk(" three ", Buffer.from("four"), 0, 4);
    pair.wire.end();
    expect(await readAll(pair.client)).toBe(`one two ${LARGE} three 4\r\nfour\r\n`);
  });

  it("is backed up while its client does not read, and tells when it is no more", async () => {
    using pair = await connectPair(open);
    let written = 0;
    for (; !pair.wire.isBackedUp; written++) {
      pair.wire.writeText(LARGE);
      await new Promise(setImmediate);
    }
    expect(pair.seen.drains).toBe(0);
    pair.wire.writeText("the last");
    pair.wire.destroySoon();
    expect(await readAll(pair.client)).toBe(`${LARGE.repeat(written)}the last`);
    await eventually(() => expect(pair.seen).toMatchObject({ isClosed: true }));
  });

  it("drains when its client reads on", async () => {
    using pair = await connectPair(open);
    while (!pair.wire.isBackedUp) {
      pair.wire.writeText(LARGE);
      await new Promise(setImmediate);
    }
    pair.client.resume();
    await eventually(() => expect(pair.seen.drains).toBeGreaterThan(0));
    await eventually(() => expect(pair.wire.isBackedUp).toBe(false));
  });

  it("reads no more while it is paused than was read before", async () => {
    using pair = await connectPair(open);
    pair.wire.pause();
    for (let count = 0; count < 8; count++) pair.client.write(LARGE);
    for (let turns = 0; turns < 50; turns++) await new Promise(setImmediate);
    expect(pair.seen.text.length).toBeLessThan(LARGE.length);
    pair.wire.resume();
    await eventually(() => expect(pair.seen.text).toHaveLength(8 * LARGE.length));
  });

  it("is reset so that its client cannot take it for an end", async () => {
    using pair = await connectPair(open);
    pair.wire.reset();
    const [error]: unknown[] = await once(pair.client, "error");
    expect(error).toMatchObject({ code: "ECONNRESET" });
    await eventually(() => expect(pair.seen.isClosed).toBe(true));
  });

  it("goes on when its client has ended, until it ends too", async () => {
    using pair = await connectPair(open);
    pair.client.end("the last");
    await eventually(() => expect(pair.seen).toMatchObject({ text: "the last", isEnded: true }));
    pair.wire.writeText("answer");
    pair.wire.end();
    expect(await readAll(pair.client)).toBe("answer");
    await eventually(() => expect(pair.seen.isClosed).toBe(true));
  });

  it("becomes the stream of a session, which begins with what was read before", async () => {
    using pair = await connectPair(open);
    const client = connectHttp2("https://shop.example", { createConnection: () => pair.client });
    const asked = client.request({ ":path": "/" });
    await eventually(() => expect(pair.seen.text).toContain("PRI"));
    const session = performServerHandshake(pair.secure.toStream(Buffer.from(pair.seen.text, "latin1")));
    session.on("stream", (stream) => stream.respond({ ":status": 204 }, { endStream: true }));
    const [headers]: unknown[] = await once(asked, "response");
    expect(headers).toMatchObject({ ":status": 204 });
  });

  it("sends its last bytes before its end, be they the first ones too", async () => {
    using pair = await connectPair(open);
    pair.secure.endWith(Buffer.from("farewell \xff", "latin1"));
    expect(await readAll(pair.client)).toBe("farewell \xff");
  });

  it("is not begun anew within itself", async () => {
    using pair = await connectPair(open, { maxVersion: "TLSv1.2" });
    const refused = new Promise((resolve) => void pair.client.once("error", resolve));
    pair.client.renegotiate({}, () => undefined);
    expect(await refused).toMatchObject({ code: "ERR_SSL_NO_RENEGOTIATION" });
  });

  it("closes when its client sends what cannot be decrypted", async () => {
    using pair = await connectPair(open);
    pair.below.write(Buffer.from([23, 3, 3, 0, 32, ...Buffer.alloc(32, 7)]));
    const [error]: unknown[] = await once(pair.client, "error");
    expect(error).toMatchObject({ code: "ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC" });
    await eventually(() => expect(pair.seen.isClosed).toBe(true));
  });
});
