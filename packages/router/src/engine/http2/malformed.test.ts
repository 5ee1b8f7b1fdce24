// Requests that are none over HTTP/2 (RFC 9113 sections 8.1 to 8.3): none reaches an instance as a whole request. Each ends its own
// stream, unless it is a whole connection that cannot be read on.

import { eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { RawConnection } from "../conformance/raw-connection.ts";
import { createSecureWireEngine } from "../conformance/secure-wire-engine.ts";
import { answering, ok } from "../conformance/test-instance.ts";
import { World } from "../conformance/world.ts";
import {
  DATA,
  END,
  END_HEADERS,
  GOAWAY,
  HEADERS,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  fieldBlock,
  frame,
  readFrame,
} from "./testing/frames.ts";

type Field = readonly [name: string, value: string];

const METHOD: Field = [":method", "GET"];
const REST: readonly Field[] = [
  [":scheme", "https"],
  [":authority", "shop.example"],
];
const PATH: Field = [":path", "/"];
const HEAD = [METHOD, ...REST, PATH];
const POST = [[":method", "POST"] as const, ...REST, PATH];

/** Heads of a request without a body; the number is the section of RFC 9113. */
const HEADS: Record<string, readonly Field[]> = {
  "8.3.1: no method": [...REST, PATH],
  "8.3.1: no scheme": [METHOD, [":authority", "shop.example"], PATH],
  "8.3.1: no path": [METHOD, ...REST],
  "8.3.1: an empty path": [METHOD, ...REST, [":path", ""]],
  "8.3.1: a path that begins with no slash": [METHOD, ...REST, [":path", "a"]],
  "8.3.1: a path * for a GET": [METHOD, ...REST, [":path", "*"]],
  "8.3.1: user information in the authority": [METHOD, [":scheme", "https"], [":authority", "a@b"], PATH],
  "8.3.1: another scheme": [METHOD, [":scheme", "http"], [":authority", "shop.example"], PATH],
  "8.3.1: another Host than the authority": [...HEAD, ["host", "other.example"]],
  "8.3: the method twice": [METHOD, ...HEAD],
  "8.3: the path twice": [...HEAD, PATH],
  "8.3: a pseudo-header of an answer": [...HEAD, [":status", "200"]],
  "8.3: an unknown pseudo-header": [...HEAD, [":odd", "1"]],
  "8.3: a pseudo-header behind a field": [METHOD, ["accept", "*/*"], ...REST, PATH],
  "8.5: CONNECT": [
    [":method", "CONNECT"],
    [":authority", "shop.example:443"],
  ],
  "8.2.1: a name in upper case": [...HEAD, ["X-Upper", "1"]],
  "8.2.2: Connection": [...HEAD, ["connection", "close"]],
  "8.2.2: Keep-Alive": [...HEAD, ["keep-alive", "timeout=5"]],
  "8.2.2: Upgrade": [...HEAD, ["upgrade", "websocket"]],
  "8.2.2: Proxy-Connection": [...HEAD, ["proxy-connection", "close"]],
  "8.2.2: Transfer-Encoding": [...HEAD, ["transfer-encoding", "chunked"]],
  "8.2.2: TE that is not trailers": [...HEAD, ["te", "gzip"]],
  "8.1.1: two lengths": [...HEAD, ["content-length", "0"], ["content-length", "1"]],
  "8.1.1: a length that is no number": [...HEAD, ["content-length", "+1"]],
  "8.1.1: a length, and no body": [...POST, ["content-length", "5"]],
};

/** Fields that are none: nghttp2 takes them away and goes on, where section 8.2.1 would have the request refused. */
const NO_FIELDS: Record<string, Field> = {
  "a space in its name": ["x y", "1"],
  "a colon in its name": ["x:y", "1"],
  "no name": ["", "1"],
  "a CR in its value": ["x", "1\r\nhost: other"],
  "a NUL in its value": ["x", "1\0"],
  "a space before its value": ["x", " 1"],
};

/** What follows the head of a POST on its stream. */
const BODIES: Record<string, [length: string, frames: readonly Buffer[]]> = {
  "8.1.1: less than its length": ["5", [frame(DATA, END, 1, "abc")]],
  "8.1.1: more than its length": ["5", [frame(DATA, END, 1, "abcdef")]],
  "8.1: a pseudo-header in trailers": [
    "3",
    [frame(DATA, 0, 1, "abc"), frame(HEADERS, END | END_HEADERS, 1, fieldBlock([[":path", "/"]]))],
  ],
  "8.1: trailers that do not end the stream": [
    "3",
    [frame(DATA, 0, 1, "ab"), frame(HEADERS, END_HEADERS, 1, fieldBlock([["x", "1"]]))],
  ],
};

async function open(world: World): Promise<RawConnection> {
  const client = await RawConnection.openSecure(world.port, createSecureWireEngine.authority, ["h2"]);
  return client.send(PREFACE).send(frame(SETTINGS, 0, 0));
}

/** How the router ends a stream, or the connection: by a reset, by an answer of its own, or by GOAWAY. */
async function endOf(client: RawConnection): Promise<string> {
  for (;;) {
    const read = await readFrame(client).catch((error: unknown) => {
      if (client.ending === undefined) throw error;
    });
    if (read === undefined) return "end";
    const { type, payload } = read;
    if (type === RST_STREAM) return "reset";
    if (type === GOAWAY) return "goaway";
    // The first byte of an answer's field block is its status: 400 is in the static table (RFC 7541 appendix A).
    if (type === HEADERS) return payload[0] === 0x8c ? "400" : `answer ${payload[0]}`;
  }
}

describe("malformed over HTTP/2", () => {
  it.each(Object.entries(HEADS))("a head with %s reaches no instance", async (_, fields) => {
    await using world = await World.start(createSecureWireEngine);
    const instance = await world.instance(answering(ok()));
    const client = await open(world);
    client.send(frame(HEADERS, END | END_HEADERS, 1, fieldBlock(fields)));
    expect(["reset", "400", "goaway", "end"]).toContain(await endOf(client));
    expect(instance.requests).toEqual([]);
    client.socket.destroy();
  });

  it.each(Object.entries(NO_FIELDS))("a field with %s reaches no instance", async (_, field) => {
    await using world = await World.start(createSecureWireEngine);
    const instance = await world.instance(answering(ok()));
    const client = await open(world);
    client.send(frame(HEADERS, END | END_HEADERS, 1, fieldBlock([...HEAD, field, ["x-after", "1"]])));
    await eventually(() => expect(instance.requests).toHaveLength(1));
    const names = instance.requests[0]?.fields.map(([name]) => name);
    expect(names?.filter((name) => name.startsWith("x") || name === "")).toEqual(["x-after"]);
    client.socket.destroy();
  });

  it.each(Object.entries(BODIES))(
    "a body with %s is no whole one for the instance",
    async (_, [length, frames]) => {
      await using world = await World.start(createSecureWireEngine);
      const instance = await world.instance(answering(ok()));
      const client = await open(world);
      client.send(frame(HEADERS, END_HEADERS, 1, fieldBlock([...POST, ["content-length", length]])));
      for (const each of frames) client.send(each);
      expect(["reset", "goaway", "end"]).toContain(await endOf(client));
      await eventually(() => expect(instance.open).toBe(0));
      expect(instance.requests).toEqual([]);
      client.socket.destroy();
    },
  );

  it("a request is refused alone: others on its connection are answered", async () => {
    await using world = await World.start(createSecureWireEngine);
    const instance = await world.instance(answering(ok()));
    const client = await open(world);
    client.send(frame(HEADERS, END | END_HEADERS, 1, fieldBlock([...HEAD, ["connection", "close"]])));
    client.send(frame(HEADERS, END | END_HEADERS, 3, fieldBlock(HEAD)));
    await eventually(() => expect(instance.requests).toHaveLength(1));
    client.socket.destroy();
  });
});
