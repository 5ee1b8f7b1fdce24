import { createServer } from "node:tls";

import { TestAuthority } from "@wayleave/testkit";
import { describe, expect, it, vi } from "vitest";

import { statusOf, valuesOf } from "../../conformance/raw-connection.ts";
import { World, type WorldOptions, requestText } from "../../conformance/world.ts";
import { createWireEngine } from "../../wire/wire-engine.ts";
import { answerOk, startH2Instance } from "../testing/h2-instance.ts";

const authority = new TestAuthority();
const mine = authority.issue(["127.0.0.1"]);
const others = authority.issue(["10.0.0.1"]);
const SECURE = { cert: mine.chain, key: mine.key };
const TRUSTING: WorldOptions = { route: { instanceTls: { ca: authority.certificate } } };

async function ask(world: World): Promise<[status: number, error: string[]]> {
  const client = await world.client();
  const answer = await client.send(requestText()).readAnswer();
  return [statusOf(answer), valuesOf(answer, "x-wayleave-error")];
}

describe("an instance that speaks HTTP/2 over TLS", () => {
  it("is asked on one connection, once it has proved who it is", async () => {
    await using world = await World.start(createWireEngine, TRUSTING);
    const instance = world.adopt(await startH2Instance(answerOk, SECURE), "h2");
    expect(await Promise.all([ask(world), ask(world), ask(world)])).toEqual([
      [200, []],
      [200, []],
      [200, []],
    ]);
    expect(instance.sessions).toHaveLength(1);
    expect(instance.requests[0]?.slice(0, 4)).toEqual([":method", "GET", ":scheme", "https"]);
  });

  it.each([
    [
      "with somebody else's certificate",
      { cert: others.chain, key: others.key },
      TRUSTING,
      "connect-misidentified",
    ],
    ["of an authority that is not trusted", SECURE, {}, "connect-untrusted"],
  ])("%s gets nothing, and is replaced", async (_, options, trusting, failure) => {
    await using world = await World.start(createWireEngine, trusting);
    const bad = world.adopt(await startH2Instance(answerOk, options), "h2");
    expect(await ask(world)).toEqual([502, [failure]]);
    expect(bad.requests).toEqual([]);
    expect(world.entry(bad.port)?.tlsFailure).toBeDefined();
    world.adopt(await startH2Instance(answerOk), "h2c");
    expect(await ask(world)).toEqual([200, []]);
  });

  it("is not called when routes trust nobody rightly", async () => {
    const trusting: WorldOptions = {
      route: { instanceTls: { ca: authority.certificate, clientCertificate: "gone" } },
    };
    await using world = await World.start(createWireEngine, trusting);
    const instance = world.adopt(await startH2Instance(answerOk, SECURE), "h2");
    expect(await ask(world)).toEqual([502, ["connect-tls-failed"]]);
    expect(instance.sessions).toEqual([]);
    expect(world.entry(instance.port)?.tlsFailure).toBe("the client certificate gone is not there");
  });

  it.each([
    ["chooses HTTP/1.1", ["http/1.1"], "connect-tls-failed"],
    ["chooses nothing", undefined, "connect-wrong-protocol"],
  ])("but %s is not spoken to", async (_, ALPNProtocols, failure) => {
    await using world = await World.start(createWireEngine, TRUSTING);
    const server = createServer({ ...SECURE, ...(ALPNProtocols && { ALPNProtocols }) }, (socket) => {
      socket.resume().on("error", () => undefined);
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    world.register(typeof address === "object" && address !== null ? address.port : 0, { protocol: "h2" });
    expect(await ask(world)).toEqual([502, [failure]]);
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  });

  it("is asked on a new connection once routes ask for other proof, and the old one ends with what runs", async () => {
    await using world = await World.start(createWireEngine, TRUSTING);
    const instance = world.adopt(await startH2Instance(answerOk, SECURE), "h2");
    expect(await ask(world)).toEqual([200, []]);
    world.engine.dropSecure();
    await vi.waitFor(() => expect(instance.open.size).toBe(0));
    expect(await ask(world)).toEqual([200, []]);
    expect(instance.sessions).toHaveLength(2);
  });
});
