// A gRPC client of grpc-js through the router. The instance speaks HTTP/1.1, as all do, with gRPC's frames and trailers.

import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";

import { Client, credentials, status } from "@grpc/grpc-js";
import { eventually } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createSecureWireEngine } from "../conformance/secure-wire-engine.ts";
import { World } from "../conformance/world.ts";

let world: World;
let app: Server;
let client: Client;
let hanging = 0;

const asIs = (message: Buffer): Buffer => message;

function frame(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "application/grpc", trailer: "grpc-status" });
  response.flushHeaders();
  if (request.url === "/test/Hang") {
    hanging += 1;
    response.once("close", () => (hanging -= 1));
    return;
  }
  for await (const chunk of request) if (request.url === "/test/Echo") response.write(chunk);
  if (request.url === "/test/Unary") response.write(frame("answer"));
  if (request.url === "/test/Many") for (const text of ["one", "two", "three"]) response.write(frame(text));
  response.addTrailers({ "grpc-status": request.url === "/test/Fail" ? "5" : "0", "grpc-message": "told" });
  response.end();
}

beforeAll(async () => {
  world = await World.start(createSecureWireEngine);
  app = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  app.listen(0, "127.0.0.1");
  await once(app, "listening");
  const address = app.address();
  world.register(typeof address === "object" && address !== null ? address.port : 0);
  const secure = credentials.createSsl(Buffer.from(createSecureWireEngine.authority));
  const named = { "grpc.ssl_target_name_override": "shop.example", "grpc.default_authority": "shop.example" };
  client = new Client(`127.0.0.1:${world.port}`, secure, named);
});

afterAll(async () => {
  client.close();
  await world[Symbol.asyncDispose]();
  app.closeAllConnections();
  app.close();
});

function unary(
  path: string,
  deadlineMs = 10_000,
): Promise<{ code: number; details: string; answer?: string }> {
  const options = { deadline: Date.now() + deadlineMs };
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from("question"), options, (error, answer) => {
      if (error !== null) resolve({ code: error.code, details: error.details });
      else resolve({ code: status.OK, details: "", answer: String(answer) });
    });
  });
}

async function collect(stream: AsyncIterable<Buffer>): Promise<string[]> {
  const texts: string[] = [];
  for await (const message of stream) texts.push(String(message));
  return texts;
}

describe("gRPC through the router", () => {
  it("asks one question and gets one answer", async () => {
    expect(await unary("/test/Unary")).toEqual({ code: status.OK, details: "", answer: "answer" });
  });

  it("gets the status and the message of the trailers", async () => {
    expect(await unary("/test/Fail")).toEqual({ code: status.NOT_FOUND, details: "told" });
  });

  it("gets a stream of answers", async () => {
    const stream = client.makeServerStreamRequest("/test/Many", asIs, asIs, Buffer.from("question"));
    expect(await collect(stream)).toEqual(["one", "two", "three"]);
  });

  it("streams both ways at once: each answer is there before the next question", async () => {
    const stream = client.makeBidiStreamRequest("/test/Echo", asIs, asIs);
    for (const text of ["first", "second"]) {
      stream.write(Buffer.from(text));
      const [answer]: unknown[] = await once(stream, "data");
      expect(String(answer)).toBe(text);
    }
    const ended = once(stream, "status");
    stream.end();
    const [told]: unknown[] = await ended;
    expect(told).toMatchObject({ code: status.OK });
  });

  it("gives up at its deadline, and so does the instance", async () => {
    expect(await unary("/test/Hang", 200)).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    await eventually(() => expect(hanging).toBe(0));
  });

  it("is cancelled at the instance when its client cancels", async () => {
    const stream = client.makeServerStreamRequest("/test/Hang", asIs, asIs, Buffer.from("question"));
    const failed = once(stream, "error").catch((error: unknown) => [error]);
    await eventually(() => expect(hanging).toBe(1));
    stream.cancel();
    expect((await failed)[0]).toMatchObject({ code: status.CANCELLED });
    await eventually(() => expect(hanging).toBe(0));
  });
});
