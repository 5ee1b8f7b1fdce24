// gRPC of grpc-js, client and server, beginning to end over HTTP/2: TLS to the router, clear text to the instance.

import { once } from "node:events";

import { Client, Metadata, credentials, status } from "@grpc/grpc-js";
import { eventually } from "@wayleave/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createSecureWireEngine } from "../../conformance/secure-wire-engine.ts";
import { World } from "../../conformance/world.ts";
import { GrpcApp } from "../testing/grpc-app.ts";

const MEGABYTE = 1024 * 1024;
const asIs = (message: Buffer): Buffer => message;

let world: World;
let app: GrpcApp;
let client: Client;

beforeEach(async () => {
  world = await World.start(createSecureWireEngine);
  app = await GrpcApp.start();
  world.register(app.port, { protocol: "h2c" });
  client = new Client(
    `127.0.0.1:${world.port}`,
    credentials.createSsl(Buffer.from(createSecureWireEngine.authority)),
    {
      "grpc.ssl_target_name_override": "shop.example",
      "grpc.default_authority": "shop.example",
      "grpc.max_receive_message_length": -1,
    },
  );
});

afterEach(async () => {
  client.close();
  await world[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

interface Told {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
  readonly answer?: string;
}

function unary(path: string, message = Buffer.from("question"), deadlineMs = 20_000): Promise<Told> {
  const metadata = new Metadata();
  metadata.set("x-custom", "kept");
  const options = { deadline: Date.now() + deadlineMs };
  return new Promise((resolve) => {
    let answer: string | undefined;
    const call = client.makeUnaryRequest(path, asIs, asIs, message, metadata, options, (_error, value) => {
      if (value !== undefined) answer = String(value);
    });
    call.on("status", (told) => resolve(answer === undefined ? told : { ...told, answer }));
  });
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of stream) texts.push(String(message));
  return texts;
}

describe("gRPC over HTTP/2 to its instances", () => {
  it("asks one question and gets one answer, with metadata both ways", async () => {
    const told = await unary("/test/Unary");
    expect(told).toMatchObject({ code: status.OK, answer: "8 bytes" });
    expect(told.metadata.get("x-last-bin")).toEqual([Buffer.from([0, 1, 255])]);
    expect(app.metadata?.get("x-custom")).toEqual(["kept"]);
    expect(app.metadata?.get("x-forwarded-proto")).toEqual(["https"]);
  });

  it("gets the status and the message of the trailers", async () => {
    expect(await unary("/test/Fail")).toMatchObject({ code: status.NOT_FOUND, details: "no such thing: ü" });
    expect(await unary("/test/None")).toMatchObject({ code: status.UNIMPLEMENTED });
  });

  it("gets a stream of answers", async () => {
    const stream = client.makeServerStreamRequest("/test/Many", asIs, asIs, Buffer.from("question"));
    expect(await collect(stream)).toEqual(["one", "two", "three"]);
  });

  it("sends a stream of questions", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const stream = client.makeClientStreamRequest("/test/Sum", asIs, asIs, (error, value) =>
        error === null ? resolve(String(value)) : reject(error),
      );
      for (let count = 0; count < 100; count++) stream.write(Buffer.alloc(1_000));
      stream.end();
    });
    expect(answer).toBe("100000");
  });

  it("streams both ways at once: each answer is there before the next question", async () => {
    const stream = client.makeBidiStreamRequest("/test/Echo", asIs, asIs);
    for (const text of ["first", "second", "third"]) {
      stream.write(Buffer.from(text));
      const [answer]: unknown[] = await once(stream, "data");
      expect(String(answer)).toBe(text);
    }
    const ended = once(stream, "status");
    stream.end();
    expect((await ended)[0]).toMatchObject({ code: status.OK });
  });

  it("carries messages of 16 MB both ways", async () => {
    const message = Buffer.alloc(16 * MEGABYTE, "0123456789abcdef");
    const stream = client.makeBidiStreamRequest("/test/Echo", asIs, asIs);
    stream.write(message);
    const [answer]: unknown[] = await once(stream, "data");
    expect(Buffer.isBuffer(answer) && answer.equals(message)).toBe(true);
    stream.cancel();
    await once(stream, "error");
  });

  it("makes an instance wait whose client does not read", async () => {
    const stream = client.makeServerStreamRequest("/test/Pour", asIs, asIs, Buffer.from("question"));
    await once(stream, "readable");
    let before = -1;
    await eventually(() => {
      const stands = app.poured === before;
      before = app.poured;
      expect(stands).toBe(true);
    });
    expect(app.poured).toBeLessThan(1_000);
    const failed = once(stream, "error");
    stream.cancel();
    stream.resume();
    expect((await failed)[0]).toMatchObject({ code: status.CANCELLED });
  });

  it("gives up at its deadline, and so does the instance", async () => {
    const stream = client.makeServerStreamRequest("/test/Hang", asIs, asIs, Buffer.from("question"), {
      deadline: Date.now() + 300,
    });
    const failed = once(stream, "error").catch((error: unknown) => [error]);
    stream.resume();
    await eventually(() => expect(app.hanging).toBe(1));
    expect((await failed)[0]).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await eventually(() => expect(app.hanging).toBe(0));
  });

  it("is cancelled at the instance when its client cancels", async () => {
    const stream = client.makeServerStreamRequest("/test/Hang", asIs, asIs, Buffer.from("question"));
    const failed = once(stream, "error").catch((error: unknown) => [error]);
    await eventually(() => expect(app.hanging).toBe(1));
    stream.cancel();
    expect((await failed)[0]).toMatchObject({ code: status.CANCELLED });
    await eventually(() => expect(app.hanging).toBe(0));
    await eventually(() => expect(world.summaries[0]).toMatchObject({ failure: "client-gone" }));
  });

  it("loses no call when the instance says GOAWAY again and again", async () => {
    const codes: number[] = [];
    for (let round = 0; round < 20; round++) {
      const calls = Array.from({ length: 10 }, () => unary("/test/Unary"));
      if (round % 2 === 1) app.drain();
      for (const { code } of await Promise.all(calls)) codes.push(code);
    }
    expect(new Set(codes)).toEqual(new Set([status.OK]));
  });
});
