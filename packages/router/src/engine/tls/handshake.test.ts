import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";

import { eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { RawConnection, statusOf, valuesOf } from "../conformance/raw-connection.ts";
import { requestText } from "../conformance/world.ts";
import { authority, handshake, open, startTlsScene } from "./testing/tls-scene.ts";

const shop = authority.issue(["shop.example", "*.shop.example"]);
const www = authority.issue(["www.shop.example"]);

async function introduced(port: number, text: readonly string[]): Promise<Socket> {
  const below = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(below, "connect");
  for (const part of text) {
    below.write(part);
    await new Promise(setImmediate);
  }
  return below;
}

/** Each in a packet of its own, as good as surely. */
async function writePieces(below: Socket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at += 100) {
    below.write(bytes.subarray(at, at + 100));
    await new Promise(setImmediate);
  }
}

describe("a TLS handshake", () => {
  it("gets the certificate of exactly the host, else of its wildcard, and nobody else's", async () => {
    await using scene = await startTlsScene();
    scene.put("shop", shop);
    scene.put("www", www);
    const names = ["www.shop.example", "WWW.shop.example", "api.shop.example", "shop.example"];
    const got = await Promise.all(names.map((servername) => handshake(scene.tlsPort, { servername })));
    const wildcard = "DNS:shop.example, DNS:*.shop.example";
    expect(got).toEqual(["DNS:www.shop.example", "DNS:www.shop.example", wildcard, wildcard]);
    const refused = "ERR_SSL_TLSV1_UNRECOGNIZED_NAME";
    expect(await handshake(scene.tlsPort, { servername: "bank.example" })).toBe(refused);
    expect(await handshake(scene.tlsPort, { servername: "a.b.shop.example" })).toBe(refused);
  });

  it("of a host with an ECDSA and an RSA certificate gets the one that the client can check, with its own chain", async () => {
    await using scene = await startTlsScene();
    const issuers = [authority.intermediate("for-rsa"), authority.intermediate("for-ec")] as const;
    const rsa = issuers[0].issue(["shop.example"], { keyType: "rsa" });
    const ec = issuers[1].issue(["shop.example"]);
    scene.put("shop-rsa", rsa);
    scene.put("shop-ec", ec);
    const got = async (options: ConnectionOptions): Promise<string> => {
      const socket = open(scene.tlsPort, { servername: "shop.example", ...options });
      await once(socket, "secureConnect");
      const { issuerCertificate, asn1Curve = "rsa" } = socket.getPeerCertificate(true);
      socket.destroy();
      return `${asn1Curve} ${String(issuerCertificate.subject.CN)}`;
    };
    expect(await got({})).toBe("prime256v1 for-ec");
    expect(await got({ sigalgs: "RSA-PSS+SHA256:RSA+SHA256" })).toBe("rsa for-rsa");
    expect(await got({ maxVersion: "TLSv1.2" })).toBe("prime256v1 for-ec");
    expect(await got({ maxVersion: "TLSv1.2", sigalgs: "RSA+SHA256" })).toBe("rsa for-rsa");
    scene.put("shop-rsa-default", { ...rsa, isDefault: true });
    scene.put("shop-ec-default", { ...ec, isDefault: true });
    for (const servername of ["", "bank.example"]) {
      const stranger = { servername, checkServerIdentity: () => undefined };
      expect(await got(stranger)).toBe("prime256v1 for-ec");
      expect(await got({ ...stranger, sigalgs: "RSA-PSS+SHA256" })).toBe("rsa for-rsa");
    }
    for (const name of ["shop-ec", "shop-ec-default"]) scene.put(name, null);
    expect(await got({})).toBe("rsa for-rsa");
  });

  it("begins whenever what its client says first has come, in however many pieces", async () => {
    await using scene = await startTlsScene();
    scene.put("shop", shop);
    scene.put("www", www);
    const below = connect({ port: scene.tlsPort, host: "127.0.0.1", noDelay: true });
    await once(below, "connect");
    const inPieces = new Duplex({
      read: () => undefined,
      // One flight has gone before the next one is written.
      write: (chunk: Buffer, _, done) => {
        void writePieces(below, chunk);
        done();
      },
    });
    below.on("data", (chunk: Buffer) => inPieces.push(chunk));
    expect(await handshake(scene.tlsPort, { socket: inPieces, servername: "www.shop.example" })).toBe(
      "DNS:www.shop.example",
    );
    below.destroy();
  });

  it("is refused without a host, unless there is a default", async () => {
    await using scene = await startTlsScene();
    scene.put("shop", shop);
    const anonymous = { checkServerIdentity: () => undefined, servername: "" };
    expect(await handshake(scene.tlsPort, anonymous)).toBe("ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE");
    scene.put("fallback", { ...www, isDefault: true });
    expect(await handshake(scene.tlsPort, anonymous)).toBe("DNS:www.shop.example");
    const stranger = { ...anonymous, servername: "bank.example" };
    expect(await handshake(scene.tlsPort, stranger)).toBe("DNS:www.shop.example");
  });

  it("gets a new certificate at once, while connections that run live on", async () => {
    await using scene = await startTlsScene();
    scene.put("shop", authority.issue(["shop.example", "old.example"]));
    const servername = "shop.example";
    const old = await RawConnection.openSecure(scene.tlsPort, authority.certificate);
    scene.put("shop", authority.issue(["shop.example", "new.example"]));
    expect(await handshake(scene.tlsPort, { servername })).toContain("new.example");
    expect(statusOf(await old.send(requestText()).readMessage())).toBe(200);
    scene.put("shop", null);
    expect(await handshake(scene.tlsPort, { servername })).toBe("ERR_SSL_TLSV1_UNRECOGNIZED_NAME");
    expect(statusOf(await old.send(requestText()).readMessage())).toBe(200);
    old.end();
  });

  it.each([
    [{ minVersion: "TLSv1.3" }, "DNS:shop.example, DNS:*.shop.example"],
    [{ maxVersion: "TLSv1.2" }, "DNS:shop.example, DNS:*.shop.example"],
    [
      { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" },
      "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
    ],
    [
      { maxVersion: "TLSv1.2", ciphers: "AES128-SHA:ECDHE-ECDSA-AES128-SHA" },
      "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
    ],
    [{ ALPNProtocols: ["ftp"] }, "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL"],
  ] as const)("of %j ends with %s", async (options, outcome) => {
    await using scene = await startTlsScene();
    scene.put("shop", shop);
    const offered = { servername: "shop.example", ...options } as ConnectionOptions;
    expect(await handshake(scene.tlsPort, offered)).toBe(outcome);
  });

  it("that is not done in time is cut, and so is one that is none", async () => {
    await using scene = await startTlsScene({ settings: { listener: { headMs: 100 } } });
    scene.put("shop", shop);
    for (const said of ["", "\x16\x03\x01\x02\x00\x01", "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n"]) {
      const client = await RawConnection.open(scene.tlsPort);
      client.send(said);
      await client.ended();
      expect(client.unread.startsWith("HTTP")).toBe(false);
    }
    await eventually(() => expect(scene.world.engine.connections).toBe(0));
  });

  it("counts for the limit of connections", async () => {
    await using scene = await startTlsScene({ settings: { listener: { maxConnections: 1 } } });
    scene.put("shop", shop);
    const silent = await RawConnection.open(scene.tlsPort);
    await eventually(() => expect(scene.world.engine.connections).toBe(1));
    expect(await handshake(scene.tlsPort, { servername: "shop.example" })).toBe("ECONNRESET");
    silent.end();
  });

  it("ends with its client, however much of it is done", async () => {
    await using scene = await startTlsScene();
    scene.put("shop", shop);
    const silent = await RawConnection.open(scene.tlsPort);
    await eventually(() => expect(scene.world.engine.connections).toBe(1));
    silent.end();
    await silent.ended();
    // It is gone before the last of its handshake is out.
    await handshake(scene.tlsPort, { servername: "shop.example" });
    await eventually(() => expect(scene.world.engine.connections).toBe(0));
  });

  it("ends with the engine when it is not done", async () => {
    await using scene = await startTlsScene();
    const silent = await RawConnection.open(scene.tlsPort);
    await eventually(() => expect(scene.world.engine.connections).toBe(1));
    await scene.world.engine.close();
    await silent.ended();
    expect(scene.world.engine.connections).toBe(0);
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "of a client that comes again is short, at whatever router of the same secret: %s",
    async (maxVersion) => {
      const ticketSecret = randomBytes(32);
      const time = { now: Date.now() };
      const now = (): number => time.now;
      await using first = await startTlsScene({ ticketSecret, now });
      await using second = await startTlsScene({ ticketSecret, now });
      await using stranger = await startTlsScene({ now });
      for (const scene of [first, second, stranger]) scene.put("shop", shop);
      const options = { servername: "shop.example", maxVersion };
      const shake = async (port: number, resumed?: Buffer): Promise<[boolean, Buffer]> => {
        const socket = open(port, { ...options, ...(resumed && { session: resumed }) });
        const ticket = once(socket, "session");
        await once(socket, "secureConnect");
        const isReused = socket.isSessionReused();
        // A session of TLS 1.2 that is resumed gets no new ticket.
        const [session]: unknown[] = isReused ? [resumed] : await ticket;
        ticket.catch(() => undefined);
        socket.destroy();
        return [isReused, Buffer.from(session as Buffer)];
      };
      const [, session] = await shake(first.tlsPort);
      expect((await shake(second.tlsPort, session))[0]).toBe(true);
      expect((await shake(stranger.tlsPort, session))[0]).toBe(false);
      // The key is another one by now: the client begins anew, and goes on from there.
      time.now += 12 * 3_600_000;
      const [isOldTaken, next] = await shake(second.tlsPort, session);
      expect([isOldTaken, (await shake(first.tlsPort, next))[0]]).toEqual([false, true]);
    },
  );

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "over %s is refused when the certificate is gone, however short it was to be",
    async (version) => {
      await using scene = await startTlsScene();
      scene.put("shop", shop);
      const options = { servername: "shop.example", maxVersion: version };
      const socket = open(scene.tlsPort, options);
      const [session]: unknown[] = await once(socket, "session");
      socket.destroy();
      scene.put("shop", null);
      const late = { ...options, session: Buffer.from(session as Buffer) };
      expect(await handshake(scene.tlsPort, late)).toBe("ERR_SSL_TLSV1_UNRECOGNIZED_NAME");
    },
  );

  it("tells the instance of https and of the client", async () => {
    await using scene = await startTlsScene();
    scene.put("shop", shop);
    const client = await RawConnection.openSecure(scene.tlsPort, authority.certificate);
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    const [request] = scene.instance.requests;
    const told = ["X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-For"].map(
      (name) => request && valuesOf(request, name),
    );
    expect(told).toEqual([["https"], ["443"], ["127.0.0.1"]]);
    client.end();
  });
});

describe("a TLS handshake behind a PROXY header", () => {
  const header = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n";

  it.each([[[header]], [header.split("")]])("is that of the client it names", async (parts) => {
    await using scene = await startTlsScene({ proxyProtocol: true });
    scene.put("shop", shop);
    const below = await introduced(scene.tlsPort, parts);
    const client = await RawConnection.secure(below, authority.certificate);
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    await eventually(() => expect(scene.world.summaries).toHaveLength(1));
    expect(scene.world.summaries[0]).toMatchObject({
      client: { address: "203.0.113.7", port: 4711, servername: "shop.example" },
    });
    client.end();
  });

  it.each(["", "PROXY TCP4 nonsense\r\n"])("is cut when that is %j", async (text) => {
    await using scene = await startTlsScene({ proxyProtocol: true, settings: { listener: { headMs: 100 } } });
    scene.put("shop", shop);
    const below = await introduced(scene.tlsPort, [text]);
    const client = await RawConnection.secure(below, authority.certificate);
    await client.ended();
    expect(scene.world.summaries).toEqual([]);
  });
});
