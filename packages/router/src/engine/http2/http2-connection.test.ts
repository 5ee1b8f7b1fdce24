import { once } from "node:events";
import { type ClientHttp2Session, constants } from "node:http2";

import { eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { RawConnection } from "../conformance/raw-connection.ts";
import { createSecureWireEngine } from "../conformance/secure-wire-engine.ts";
import { answering, ok } from "../conformance/test-instance.ts";
import { FLOODS } from "./testing/floods.ts";
import {
  DATA,
  END,
  END_HEADERS,
  HEADERS,
  PING,
  PREFACE,
  SETTINGS,
  fieldBlock,
  frame,
  readUntil,
} from "./testing/frames.ts";
import { ask, closed, connectH2, start } from "./testing/h2-client.ts";
import { startScene } from "./testing/h2-scene.ts";

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = constants;
const MEGABYTE = 1024 * 1024;

describe("an HTTP/2 connection", () => {
  it("is told to go when the router closes, and its requests finish", async () => {
    await using scene = await startScene();
    const asked = Promise.withResolvers<RawConnection>();
    await scene.world.instance(async (connection, self) => {
      await self.read(connection);
      asked.resolve(connection);
    });
    const running = ask(scene.client);
    const instance = await asked.promise;
    const told = once(scene.client, "goaway");
    const ended = scene.world.engine.close();
    await told;
    instance.send(ok());
    expect(await running).toMatchObject({ status: 200, body: "ok" });
    await ended;
    expect(scene.world.engine.connections).toBe(0);
  });

  it("ends when nothing was asked on it for a while", async () => {
    await using scene = await startScene({ settings: { listener: { keepAliveMs: 100 } } });
    await scene.world.instance(answering(ok()));
    const ended = once(scene.client, "close");
    expect((await ask(scene.client)).status).toBe(200);
    await ended;
    await eventually(() => expect(scene.world.engine.connections).toBe(0));
  });

  it.each([
    [
      "resets as fast as it asks",
      (client: ClientHttp2Session) => {
        for (let count = 0; count < 1_000; count++) {
          const stream = start(client);
          stream.close(NGHTTP2_CANCEL);
        }
      },
    ],
    [
      "changes its settings without end",
      (client: ClientHttp2Session) => {
        for (let count = 0; count < 1_000; count++) client.settings({ initialWindowSize: 65_535 + count });
      },
    ],
  ])("that %s is ended, and other clients see nothing of it", async (_, flood) => {
    await using scene = await startScene();
    await scene.world.instance(answering(ok()));
    const other = await connectH2(scene.world.port, createSecureWireEngine.authority);
    const gone = Promise.withResolvers<number>();
    scene.client.on("goaway", (code) => gone.resolve(code));
    scene.client.on("close", () => gone.resolve(-1));
    const flooding = setInterval(() => {
      if (scene.client.destroyed) return;
      try {
        flood(scene.client);
      } catch {
        // The client keeps a limit of its own.
      }
    }, 5);
    try {
      const code = await gone.promise;
      expect([NGHTTP2_ENHANCE_YOUR_CALM, -1]).toContain(code);
      // Before the router's own limit a client may meet those of nghttp2.
      const counted = [...scene.world.counts.connections.floods.values()];
      expect(code === -1 ? [1] : counted).toEqual([1]);
      expect((await ask(other)).status).toBe(200);
    } finally {
      clearInterval(flooding);
      other.destroy();
    }
  });

  it("with a stream that its client does not read loses that stream only", async () => {
    await using scene = await startScene({ route: { timeouts: { bodyIdleMs: 200 } } });
    await scene.world.instance(async (connection, self) => {
      for (;;) {
        const { startLine } = await self.read(connection);
        connection.send(ok(startLine.includes("large") ? "x".repeat(8 * MEGABYTE) : "small"));
      }
    });
    const stalled = start(scene.client, { ":path": "/large" });
    const over = closed(stalled);
    expect((await ask(scene.client)).body).toBe("small");
    await over;
    expect(stalled.rstCode).toBe(NGHTTP2_INTERNAL_ERROR);
    expect((await ask(scene.client)).body).toBe("small");
  });

  it("whose uploads are refused goes on, whatever of them is on its way", async () => {
    await using scene = await startScene({ route: { limits: { maxBodyBytes: 1_000 } } });
    await scene.world.instance(answering(ok()));
    const body = Buffer.alloc(MEGABYTE);
    for (let count = 0; count < 4; count++) {
      const uploads = Array.from({ length: 4 }, () => ask(scene.client, { ":method": "POST" }, body));
      expect((await Promise.all(uploads)).map(({ status }) => status)).toEqual([413, 413, 413, 413]);
    }
    expect((await ask(scene.client)).status).toBe(200);
  });

  it("may take back many requests among more that it waits for, as a proxy of many clients does", async () => {
    await using scene = await startScene({ route: { retries: { attempts: 1 } } });
    await scene.world.instance(async (connection, self) => {
      for (;;) {
        const { startLine } = await self.read(connection);
        if (!startLine.includes("/slow")) connection.send(ok());
      }
    });
    for (let round = 0; round < 30; round++) {
      const slow = Array.from({ length: 20 }, () => start(scene.client, { ":path": "/slow" }));
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(scene.client)));
      expect(answers.every(({ status }) => status === 200)).toBe(true);
      for (const stream of slow) stream.close(NGHTTP2_CANCEL);
    }
    expect((await ask(scene.client)).status).toBe(200);
  });

  it("may measure its bandwidth by a ping a round trip, as gRPC does", async () => {
    await using scene = await startScene();
    await scene.world.instance(answering(ok()));
    for (let count = 0; count < 1_000; count++) {
      await new Promise((resolve) => void scene.client.ping(resolve));
    }
    expect((await ask(scene.client)).status).toBe(200);
  });

  it.each([
    ["40 requests that are taken back at once", "reset", 40, false],
    ["60 requests that are taken back at once", "reset", 60, true],
    ["20 pings at once", "ping", 20, false],
    ["60 pings at once", "ping", 60, true],
  ])("with %s: %s, %d, is ended: %s", async (_, kind, count, isEnded) => {
    await using scene = await startScene();
    const instance = await scene.world.instance(answering(ok()));
    const raw = await RawConnection.openSecure(scene.world.port, createSecureWireEngine.authority, ["h2"]);
    raw.send(PREFACE).send(frame(SETTINGS, 0, 0));
    await readUntil(raw, SETTINGS);
    const flood = kind === "ping" ? FLOODS.PING : FLOODS["rapid reset"];
    const steps = Array.from({ length: count }, (__, at) => flood?.step(1 + 2 * at) ?? []);
    raw.send(Buffer.concat(steps.flat()));
    raw.send(frame(PING, 0, 0, "the last"));
    if (isEnded) await raw.ended();
    else await readUntil(raw, PING);
    await eventually(() =>
      expect([...scene.world.counts.connections.floods.entries()]).toEqual(isEnded ? [[kind, 1]] : []),
    );
    expect(instance.requests).toEqual([]);
    raw.socket.destroy();
  });

  it.each([
    ["ask for a hundred things at once, as a browser does", {}, undefined],
    ["bring a hundred bodies at once", { ":method": "POST" }, Buffer.alloc(16 * 1024)],
  ])("may %s", async (_, headers, body) => {
    await using scene = await startScene();
    await scene.world.instance(answering(ok()));
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(scene.client, headers, body)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(100).fill(200));
  });

  it("may send messages of a few bytes, each in its frame, as many as the instance takes", async () => {
    await using scene = await startScene();
    await scene.world.instance(answering(ok()));
    const raw = await RawConnection.openSecure(scene.world.port, createSecureWireEngine.authority, ["h2"]);
    raw.send(PREFACE).send(frame(SETTINGS, 0, 0));
    const post = { ":method": "POST", ":scheme": "https", ":authority": "shop.example", ":path": "/" };
    raw.send(frame(HEADERS, END_HEADERS, 1, fieldBlock(Object.entries(post))));
    const messages = Buffer.concat(Array<Buffer>(1_000).fill(frame(DATA, 0, 1, "x")));
    for (let count = 0; count < 100; count++) {
      raw.send(messages);
      expect((await ask(scene.client)).status).toBe(200);
    }
    raw.send(frame(DATA, END, 1));
    expect((await readUntil(raw, HEADERS)).stream).toBe(1);
  });

  it("sees frames that are none as the end of it", async () => {
    await using scene = await startScene();
    const raw = await RawConnection.openSecure(scene.world.port, createSecureWireEngine.authority, ["h2"]);
    raw.send(PREFACE).send(Buffer.alloc(64 * 1024, 0xff));
    await raw.ended();
    expect(scene.world.summaries).toEqual([]);
  });

  it.each(
    Object.entries(FLOODS).filter(([, { everyMs, steps }]) => everyMs === undefined && steps === undefined),
  )("that floods it is ended, at little cost, and other clients see nothing of it: %s", async (_, flood) => {
    await using scene = await startScene();
    const instance = await scene.world.instance(answering(ok()));
    const raw = await RawConnection.openSecure(scene.world.port, createSecureWireEngine.authority, ["h2"]);
    raw.send(PREFACE).send(frame(SETTINGS, 0, 0));
    for (const first of flood.first ?? []) raw.send(first);
    for (let stream = 1; raw.ending === undefined; stream += 400) {
      const steps = Array.from({ length: 200 }, (__, at) => flood.step(stream + 2 * at));
      raw.send(Buffer.concat(steps.flat()));
      expect((await ask(scene.client)).status).toBe(200);
    }
    await eventually(() => expect(scene.world.engine.connections).toBe(1));
    // The flood's own requests: at most one that was never whole.
    const asked = instance.requests.filter(({ startLine }) => startLine.includes("/attacked"));
    expect(asked).toEqual([]);
  });
});
