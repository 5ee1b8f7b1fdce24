import { describe, expect, it, vi } from "vitest";

import { ENGINES, overHttp1 } from "./engines.ts";
import { statusOf, valuesOf } from "./raw-connection.ts";
import { answering, ok } from "./test-instance.ts";
import { requestText, World } from "./world.ts";

describe.each(ENGINES)("messages through $name", ({ create, differences }) => {
  const isHttp2 = differences.clientVersion === "2.0";
  const asSent = (name: string): string => (isHttp2 ? name.toLowerCase() : name);

  it("reach the instance as the client sent them, but for what a proxy must change", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    client.send(
      requestText("GET //a/../b//c?x=1&y=%2F|", [
        "ACCEPT: text/html",
        "X-Twice: 1",
        "X-Twice: 2",
        "Cookie: a=1",
        "Connection: keep-alive, X-Hint",
        "X-Hint: gone",
        "TE: trailers",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      ]),
    );
    expect(statusOf(await client.readMessage())).toBe(200);
    const [request] = instance.requests;
    expect(request?.startLine).toBe("GET //a/../b//c?x=1&y=%2F| HTTP/1.1");
    const names = request?.fields.map(([name]) => name) ?? [];
    expect(names).toContain(asSent("ACCEPT"));
    expect(names).not.toContain("X-Hint");
    expect(names).not.toContain("TE");
    const values = (name: string) => (request === undefined ? [] : valuesOf(request, name));
    expect(values("x-twice")).toEqual(["1", "2"]);
    expect(values("host")).toEqual(["shop.example"]);
    expect(values("x-forwarded-for")).toEqual(["127.0.0.1"]);
    expect(values("via")).toEqual([`${differences.clientVersion} wl-test`]);
    expect(values("traceparent")).toEqual(["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]);
    expect(values("content-length")).toEqual([]);
    expect(values("transfer-encoding")).toEqual([]);
  });

  it("tell the instance of no client's certificate that nobody saw", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    const spelled = ["X-Forwarded-Client-Cert", "x_forwarded_client_cert", "X-FORWARDED_CLIENT-CERT"];
    const names = [...spelled, "Client-Cert", "client_cert", "Client-Cert-Chain"];
    const spoofed = names.map((name) => `${name}: Hash=00;Subject="CN=root"`);
    const hidden = ["Connection: keep-alive, X-Forwarded-Client-Cert", ...spoofed];
    for (const fields of [spoofed, hidden]) {
      expect(statusOf(await client.send(requestText("GET /", fields)).readMessage())).toBe(200);
    }
    // In a trailer it is refused, or goes no further.
    for (const field of spoofed) {
      const late = (await world.client()).send(
        requestText("POST /", ["Transfer-Encoding: chunked"], `0\r\n${field}\r\n\r\n`),
      );
      await late.readMessage();
    }
    const told = instance.requests.map((request) => JSON.stringify(request));
    expect(told.length).toBeGreaterThanOrEqual(2);
    for (const text of told) expect(text).not.toMatch(/client.cert|CN=root/i);
  });

  it("reach the client as the instance sent them, but for what a proxy must change", async () => {
    await using world = await World.start(create);
    const fields =
      "Set-Cookie: a=1\r\nX-Odd-CASE: v\xe4lue\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=9\r\nDate: then";
    await world.instance(
      answering(`HTTP/1.1 418 I'm a teapot\r\n${fields}\r\nX-Request-Id: x\r\nContent-Length: 3\r\n\r\ntea`),
    );
    const client = await world.client();
    const answer = await client.send(requestText()).readMessage();
    expect(answer.startLine).toBe(`HTTP/1.1 418 ${isHttp2 ? "" : "I'm a teapot"}`);
    expect(answer.body).toBe("tea");
    expect(valuesOf(answer, "set-cookie")).toEqual(["a=1", "b=2"]);
    expect(valuesOf(answer, "x-odd-case")).toEqual(["v\xe4lue"]);
    expect(answer.fields.map(([name]) => name)).toContain(asSent("X-Odd-CASE"));
    expect(valuesOf(answer, "date")).toEqual(["then"]);
    expect(valuesOf(answer, "via")).toEqual(["1.1 wl-test"]);
    expect(valuesOf(answer, "x-request-id")).toHaveLength(1);
    expect(valuesOf(answer, "x-request-id")).not.toContain("x");
    expect(valuesOf(answer, "x-wayleave-error")).toEqual([]);
  });

  it("of many exchanges go over one connection on either side", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    for (let count = 0; count < 5; count++) {
      expect((await client.send(requestText(`GET /${count}`)).readMessage()).body).toBe("ok");
    }
    expect(instance.accepted).toBe(1);
    expect(instance.requests.map(({ startLine }) => startLine)).toEqual(
      [0, 1, 2, 3, 4].map((count) => `GET /${count} HTTP/1.1`),
    );
    await vi.waitFor(() => expect(world.summaries).toHaveLength(5));
    expect(world.summaries.map(({ status, bytesOut }) => [status, bytesOut])).toEqual(
      Array.from({ length: 5 }, () => [200, 2]),
    );
  });

  it("in absolute-form and asterisk-form are sent in the form for an origin server", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    await client.send(requestText("GET http://Other.example:81/x?y")).readMessage();
    await client.send(requestText("OPTIONS *")).readMessage();
    await client.send(requestText("OPTIONS http://shop.example")).readMessage();
    expect(instance.requests.map(({ startLine }) => startLine)).toEqual([
      "GET /x?y HTTP/1.1",
      "OPTIONS * HTTP/1.1",
      "OPTIONS * HTTP/1.1",
    ]);
    const [absolute] = instance.requests;
    expect(absolute && valuesOf(absolute, "host")).toEqual(["Other.example:81"]);
  });

  it("keep the client's connection when the instance closes its own", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(async (connection, self) => {
      await self.read(connection);
      connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").end();
    });
    const client = await world.client();
    for (let count = 0; count < 3; count++) {
      expect((await client.send(requestText()).readMessage()).body).toBe("ok");
    }
    expect(instance.accepted).toBe(3);
    expect(world.summaries.every(({ attempts }) => attempts === 1)).toBe(true);
  });

  it("without a body by their nature have none", async () => {
    await using world = await World.start(create);
    await world.instance(async (connection, self) => {
      for (;;) {
        const { startLine } = await self.read(connection);
        const [method, path] = startLine.split(" ");
        if (method === "HEAD") connection.send("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
        else if (path === "/204") connection.send("HTTP/1.1 204 No Content\r\n\r\n");
        else connection.send('HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 7\r\n\r\n');
      }
    });
    const client = await world.client();
    const head = await client.send(requestText("HEAD /")).readMessage({ isBodiless: true });
    expect(valuesOf(head, "content-length")).toEqual(["12"]);
    const empty = await client.send(requestText("GET /204")).readMessage({ isBodiless: true });
    expect(statusOf(empty)).toBe(204);
    expect(valuesOf(empty, "transfer-encoding")).toEqual([]);
    const same = await client.send(requestText("GET /304")).readMessage({ isBodiless: true });
    expect(statusOf(same)).toBe(304);
    expect(valuesOf(same, "etag")).toEqual(['"x"']);
    expect(client.unread).toBe("");
    expect((await client.send(requestText("HEAD /")).readMessage({ isBodiless: true })).startLine).toContain(
      "200",
    );
  });

  it("that come before the answer are passed on where the engine can", async () => {
    await using world = await World.start(create);
    await world.instance(
      answering(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\nX: 1\r\n\r\n${ok()}`),
    );
    const client = await world.client();
    client.send(requestText());
    if (differences.relaysInterim) {
      const hints = await client.readHead();
      expect(hints.startLine).toMatch(/^HTTP\/1\.1 103 /);
      expect(hints.fields).toEqual([[asSent("Link"), "</a.css>"]]);
    }
    expect(statusOf(await client.readMessage())).toBe(200);
  });

  it("of methods that nobody has registered go through where the engine can", async () => {
    await using world = await World.start(create);
    const instance = await world.instance(answering(ok()));
    const client = await world.client();
    const answer = await client.send(requestText("BREW /pot")).readMessage();
    expect(statusOf(answer)).toBe(differences.takesAnyMethod ? 200 : 400);
    expect(instance.requests).toHaveLength(differences.takesAnyMethod ? 1 : 0);
  });
});

describe.each(overHttp1("RFC 9113 section 5: streams are not in order"))(
  "requests through $name ($why)",
  ({ create }) => {
    it("that are pipelined are answered in order, one after the other", async () => {
      await using world = await World.start(create);
      const active: unknown[] = [];
      const instance = await world.instance(async (connection, self) => {
        for (;;) {
          const request = await self.read(connection);
          active.push(world.entry(self.port)?.active);
          connection.send(ok(request.startLine));
        }
      });
      const client = await world.client();
      client.send(
        requestText("POST /1", ["Content-Length: 1"], "x") + requestText("GET /2") + requestText("GET /3"),
      );
      for (const start of ["POST /1", "GET /2", "GET /3"]) {
        expect((await client.readMessage()).body).toBe(`${start} HTTP/1.1`);
      }
      expect(instance.requests).toHaveLength(3);
      expect(active).toEqual([1, 1, 1]);
    });
  },
);

describe.each(
  overHttp1("RFC 9113 section 3.2: it is agreed on by ALPN, and no client of HTTP/1.0 speaks it"),
)("messages through $name ($why)", ({ create }) => {
  it("of HTTP/1.0 are answered in its way", async () => {
    await using world = await World.start(create);
    await world.instance(
      answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    );
    const client = await world.client();
    const answer = await client.send("GET / HTTP/1.0\r\n\r\n").readMessage();
    expect(valuesOf(answer, "transfer-encoding")).toEqual([]);
    expect(answer.body).toBe("abc");
    expect(client.ending).toBe("end");
  });
});

describe.each(overHttp1("RFC 9113 section 8.2.2: no field speaks of the connection"))(
  "messages through $name ($why)",
  ({ create }) => {
    it("end the connection when the client says so", async () => {
      await using world = await World.start(create);
      await world.instance(answering(ok()));
      const client = await world.client();
      const answer = await client.send(requestText("GET /", ["Connection: close"])).readMessage();
      expect(answer.body).toBe("ok");
      expect(valuesOf(answer, "connection")).toEqual(["close"]);
      expect(await client.ended()).toBe("end");
    });
  },
);
