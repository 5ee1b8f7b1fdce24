import { describe, expect, it, vi } from "vitest";

import type { FailureCode } from "../../request/failures.ts";
import { ENGINES, overHttp1 } from "./engines.ts";
import { statusOf, valuesOf } from "./raw-connection.ts";
import { answering, ok } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

/** Requests that two readers could read as two different messages, or that are none; RFC 9112 unless named. */
const AMBIGUOUS: Record<string, string> = {
  "two Hosts": requestText("GET /", ["Host: other.example"]),
  "no Host": "GET / HTTP/1.1\r\n\r\n",
  "a Host with user information": "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
  "Content-Length and Transfer-Encoding": requestText(
    "POST /",
    ["Content-Length: 3", "Transfer-Encoding: chunked"],
    "0\r\n\r\n",
  ),
  "Transfer-Encoding and Content-Length": requestText(
    "POST /",
    ["Transfer-Encoding: chunked", "Content-Length: 3"],
    "0\r\n\r\n",
  ),
  "two different Content-Lengths": requestText("POST /", ["Content-Length: 3", "Content-Length: 4"], "abc"),
  "two equal Content-Lengths": requestText("POST /", ["Content-Length: 3", "Content-Length: 3"], "abc"),
  "a list of Content-Lengths": requestText("POST /", ["Content-Length: 3, 3"], "abc"),
  "a negative Content-Length": requestText("POST /", ["Content-Length: -1"]),
  "a signed Content-Length": requestText("POST /", ["Content-Length: +3"], "abc"),
  "a hexadecimal Content-Length": requestText("POST /", ["Content-Length: 0x3"], "abc"),
  "an empty Content-Length": requestText("POST /", ["Content-Length:"]),
  "a Content-Length beyond counting": requestText("POST /", [`Content-Length: ${"9".repeat(30)}`]),
  "another transfer coding": requestText("POST /", ["Transfer-Encoding: gzip, chunked"], "0\r\n\r\n"),
  "chunked not last": requestText("POST /", ["Transfer-Encoding: chunked, gzip"], "0\r\n\r\n"),
  "chunked twice": requestText(
    "POST /",
    ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "0\r\n\r\n",
  ),
  "a disguised chunked": requestText("POST /", ["Transfer-Encoding: xchunked"], "0\r\n\r\n"),
  "Transfer-Encoding in HTTP/1.0":
    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "a folded field": requestText("GET /", ["X: a", " b"]),
  "a folded field with a tab": requestText("GET /", ["X: a", "\tb"]),
  "a space before the colon": requestText("GET /", ["X : a"]),
  "a tab before the colon": requestText("GET /", ["Transfer-Encoding\t: chunked"]),
  "a space before the first field": "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
  "a field without a colon": requestText("GET /", ["nonsense"]),
  "a field without a name": requestText("GET /", [": a"]),
  "a bad field name": requestText("GET /", ["X(a): b"]),
  "a NUL in a field": requestText("GET /", ["X: a\0b"]),
  "a control character in a field": requestText("GET /", ["X: a\x01b"]),
  "a bare CR in a field": requestText("GET /", ["X: a\rb"]),
  "a bare LF after a field": "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
  "a bare LF after the request line": "GET / HTTP/1.1\nHost: a\r\n\r\n",
  "a bare LF at the end of the head": "GET / HTTP/1.1\r\nHost: a\r\n\n",
  "a bare CR in the target": "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n",
  "a space in the target": "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
  "a fragment in the target": requestText("GET /a#b"),
  "a target that is no path": requestText("GET a"),
  "a userinfo in the target": requestText("GET http://a@b/"),
  "the target * for a GET": requestText("GET *"),
  "no target": "GET HTTP/1.1\r\nHost: a\r\n\r\n",
  CONNECT: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
  "another version": "GET / HTTP/3.7\r\nHost: a\r\n\r\n",
  "HTTP/2.0": "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
  "HTTP/0.9": "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
  "a version in lower case": "GET / http/1.1\r\nHost: a\r\n\r\n",
  "a bad method": "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
  "TLS on a port without TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "what is no HTTP at all": "hello, is there anybody?\r\n\r\n",
};

/** Bodies in chunks that are none. */
const BAD_CHUNKS: Record<string, string> = {
  "a size that is no number": "xyz\r\nabc\r\n0\r\n\r\n",
  "a negative size": "-1\r\nabc\r\n0\r\n\r\n",
  "a size with 0x": "0x3\r\nabc\r\n0\r\n\r\n",
  "a size with a space before": " 3\r\nabc\r\n0\r\n\r\n",
  "a size beyond counting": "fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
  "an empty size": "\r\nabc\r\n0\r\n\r\n",
  "a bare LF after the size": "3\nabc\r\n0\r\n\r\n",
  "a bare CR after the size": "3\rabc\r\n0\r\n\r\n",
  "more than its size": "3\r\nabcd\r\n0\r\n\r\n",
  "no CRLF after the data": "3\r\nabc0\r\n\r\n",
  "a bare LF after the data": "3\r\nabc\n0\r\n\r\n",
  "a bare LF in an extension": "3;a=b\nabc\r\n0\r\n\r\n",
  "a bad trailer": "3\r\nabc\r\n0\r\nbad trailer\r\n\r\n",
};

// What is malformed over HTTP/2 is in ../http2/malformed.test.ts.
describe.each(
  overHttp1("RFC 9113 section 8.2: lengths and types say where what begins, not lines and colons"),
)("requests that $name refuses ($why)", ({ create }) => {
  it.each(Object.entries(AMBIGUOUS))("with %s get a 400, and the connection is closed", async (_, text) => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    // What follows would be the smuggled request of a reader that went on.
    const answer = await client.send(`${text}${requestText("GET /smuggled")}`).readMessage();
    expect(statusOf(answer)).toBe(400);
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["bad-request"]);
    await expectEnd(client.ended());
    expect(client.unread).toBe("");
    expect(instance.requests).toEqual([]);
    await expectFailure(world, "bad-request");
  });

  it.each(Object.entries(BAD_CHUNKS))(
    "for %s in a chunk end in a 400 and no answer of an instance",
    async (_, chunks) => {
      await using world = await World.start(create);
      const instance = await world.instance(answering(ok()));
      const client = await world.client();
      client.send(
        requestText("POST /", ["Transfer-Encoding: chunked"], chunks + requestText("GET /smuggled")),
      );
      const answer = await client.readMessage();
      expect(statusOf(answer)).toBe(400);
      expect(valuesOf(answer, "x-wayleave-error")).toEqual(["bad-request"]);
      await expectEnd(client.ended());
      expect(instance.requests).toEqual([]);
      await expectFailure(world, "bad-request");
      // It was the client: nothing is held against the instance, and its broken request is not kept.
      expect(world.entry(instance.port)).toMatchObject({ active: 0, failures: 0, ejections: 0 });
      await vi.waitFor(() => expect(instance.open).toBe(0));
    },
  );

  it("behind one that is answered get their 400 after that answer", async () => {
    await using world = await World.start(create);
    await world.instance(answering(ok()));
    const client = await world.client();
    client.send(`${requestText()}GET / HTTP/1.1\r\nbad\r\n\r\n`);
    expect(statusOf(await client.readMessage())).toBe(200);
    expect(statusOf(await client.readMessage())).toBe(400);
    await expectEnd(client.ended());
  });

  it("for their body behind one that is answered get their 400 too, and no instance", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    client.send(requestText() + requestText("POST /", ["Transfer-Encoding: chunked"], "xyz\r\n"));
    expect(statusOf(await client.readMessage())).toBe(200);
    expect(statusOf(await client.readMessage())).toBe(400);
    await expectEnd(client.ended());
    expect(instance.requests).toHaveLength(1);
  });
});

async function expectEnd(ended: Promise<"end" | "reset">): Promise<void> {
  expect(await ended).toBe("end");
}

async function expectFailure(world: World, failure: FailureCode): Promise<void> {
  await vi.waitFor(() => expect(world.summaries).toHaveLength(1));
  expect(world.summaries[0]).toMatchObject({ failure, status: 400 });
}

describe.each(ENGINES)("requests that $name refuses", ({ create }) => {
  it("are told apart from those without a route or an instance, which keep their connection", async () => {
    await using world = await World.start(create);
    world.table.apply({
      revision: 99,
      routes: [
        { host: "*", path: "/", route: null },
        { host: "empty.example", path: "/", route: { to: [{ app: "nobody" }] } },
      ],
      instances: [],
    });
    const client = await world.client();
    const unknown = await client.send(requestText("GET /", ["Accept: text/html"])).readMessage();
    expect(statusOf(unknown)).toBe(404);
    expect(valuesOf(unknown, "x-wayleave-error")).toEqual(["unknown-route"]);
    expect(valuesOf(unknown, "proxy-status")).toEqual(["wayleave; error=destination_not_found"]);
    expect(valuesOf(unknown, "content-type")).toEqual(["text/html; charset=utf-8"]);
    const empty = await client
      .send("HEAD / HTTP/1.1\r\nHost: empty.example\r\n\r\n")
      .readMessage({ isBodiless: true });
    expect(statusOf(empty)).toBe(503);
    expect(valuesOf(empty, "retry-after")).toEqual(["5"]);
    const again = await client
      .send("POST / HTTP/1.1\r\nHost: empty.example\r\nContent-Length: 5\r\n\r\n12345")
      .readMessage();
    expect([statusOf(again), JSON.parse(again.body)]).toMatchObject([503, { code: "no-instances" }]);
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(404);
  });
});
