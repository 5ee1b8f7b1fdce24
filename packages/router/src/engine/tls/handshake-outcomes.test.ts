import { once } from "node:events";
import { type Socket, connect } from "node:net";
import type { ConnectionOptions } from "node:tls";

import { TestAuthority, eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { type TlsScene, authority, open, startTlsScene } from "./testing/tls-scene.ts";

const shop = authority.issue(["shop.example"]);
const stranger = new TestAuthority("strangers").issue([], { subject: "alice" });
const servername = "shop.example";

/** Gives the client, which is to go only when all is counted. */
type Attempt = (port: number) => Promise<Socket>;

const shake =
  (options: ConnectionOptions): Attempt =>
  async (port) => {
    const client = open(port, { servername, ...options }).on("error", () => undefined);
    await new Promise<void>((resolve) => {
      client.once("secureConnect", () => resolve()).once("close", () => resolve());
    });
    return client;
  };

/** Says something on a plain connection, and ends it or not. */
const say =
  (text: string, isEnded = false): Attempt =>
  async (port) => {
    const socket: Socket = connect({ port, host: "127.0.0.1" });
    await once(socket, "connect");
    socket.on("error", () => undefined).write(text);
    if (isEnded) socket.end();
    socket.resume();
    await once(socket, "close");
    return socket;
  };

async function outcomesOf(scene: TlsScene): Promise<object> {
  const { handshakes, failures } = scene.world.counts.connections;
  await eventually(() => expect(handshakes.size + failures.size).toBeGreaterThan(0));
  return Object.fromEntries<number>([...handshakes, ...failures]);
}

describe("a handshake is counted", () => {
  it.each<[string, Attempt, Parameters<typeof startTlsScene>[0]?]>([
    ["full TLSv1.3 none", shake({})],
    ["full TLSv1.2 http/1.1", shake({ maxVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"] })],
    ["full TLSv1.3 h2", shake({ ALPNProtocols: ["h2", "http/1.1"] })],
    ["no-certificate", shake({ servername: "bank.example" })],
    ["no-certificate", shake({ servername: "" })],
    ["no-certificate", shake({ servername: "", maxVersion: "TLSv1.2" })],
    [
      "protocol-too-old",
      shake({ maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }),
    ],
    ["no-common-suite", shake({ maxVersion: "TLSv1.2", ciphers: "AES128-SHA:ECDHE-ECDSA-AES128-SHA" })],
    ["no-common-protocol", shake({ ALPNProtocols: ["ftp"] })],
    ["not-tls", say("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n")],
    ["client-gone", say("", true)],
    ["client-gone", say("\x16\x03\x01\x02\x00\x01", true)],
    ["timeout", say(""), { settings: { listener: { headMs: 50 } } }],
    ["proxy-header", say("PROXY TCP4 nonsense\r\n"), { proxyProtocol: true }],
  ])("as %s: %#", async (outcome, attempt, options = {}) => {
    await using scene = await startTlsScene(options);
    scene.put("shop", shop);
    const client = await attempt(scene.tlsPort);
    expect(await outcomesOf(scene)).toEqual({ [outcome]: 1 });
    client.destroy();
  });

  it.each([
    [true, { maxVersion: "TLSv1.2" }],
    [true, { maxVersion: "TLSv1.3" }],
    [false, { cert: stranger.chain, key: stranger.key, maxVersion: "TLSv1.2" }],
    [false, { cert: stranger.chain, key: stranger.key }],
  ] as const)("as client-certificate, where one is required (%s) of %#", async (isRequired, options) => {
    await using scene = await startTlsScene();
    scene.put("shop", shop);
    scene.clientAuthority = { certificates: authority.certificate, isRequired };
    const client = await shake(options)(scene.tlsPort);
    expect(await outcomesOf(scene)).toEqual({ "client-certificate": 1 });
    client.destroy();
  });

  it("as resumed, when it is", async () => {
    await using scene = await startTlsScene();
    scene.put("shop", shop);
    const first = open(scene.tlsPort, { servername });
    const [session]: unknown[] = await once(first, "session");
    first.destroy();
    const again = await shake({ session: Buffer.from(session as Buffer) })(scene.tlsPort);
    await eventually(async () =>
      expect(await outcomesOf(scene)).toEqual({ "full TLSv1.3 none": 1, "resumed TLSv1.3 none": 1 }),
    );
    again.destroy();
  });

  it("as above the limit, and not at all when the router ends it", async () => {
    await using scene = await startTlsScene({ settings: { listener: { maxConnections: 1 } } });
    scene.put("shop", shop);
    const silent = connect({ port: scene.tlsPort, host: "127.0.0.1" });
    await eventually(() => expect(scene.world.engine.connections).toBe(1));
    await shake({})(scene.tlsPort);
    await scene.world.engine.close();
    expect(await outcomesOf(scene)).toEqual({ "connection-limit": 1 });
    silent.destroy();
  });
});
