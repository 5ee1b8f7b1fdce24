// What instances have to prove, with both engines: who cannot, gets not one byte of a request.

import { createServer } from "node:net";

import type { InstanceTls } from "@wayleave/records";
import { TestAuthority } from "@wayleave/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";

import { certificateOf } from "../../certificates/testing/certificate-of.ts";
import { type RawConnection, statusOf, valuesOf } from "../conformance/raw-connection.ts";
import { type Behaviour, type TestInstance, ok } from "../conformance/test-instance.ts";
import { World, requestText } from "../conformance/world.ts";
import { createHttpProxyEngine } from "../http-proxy/http-proxy-engine.ts";
import { createWireEngine } from "../wire/wire-engine.ts";
import { type TlsInstanceOptions, secureOf, startTlsInstance } from "./testing/tls-instance.ts";

const ENGINES = [
  { name: "wire", create: createWireEngine },
  { name: "http-proxy", create: createHttpProxyEngine },
];
const DAY_MS = 86_400_000;
const authority = new TestAuthority();
const stranger = new TestAuthority("stranger");
const BY_ID: InstanceTls = { ca: authority.certificate, identity: "instance-id" };
const POST = requestText("POST /", ["Content-Length: 4"], "body");
/** Its id is its port. */
const own = (port: number) => authority.issue([String(port)]);
const ofAnother = () => authority.issue(["another"]);
const ofClient = (subject: string) => certificateOf({ ...authority.issue([subject]), names: [subject] });

const join = async (world: World, options: TlsInstanceOptions): Promise<TestInstance> =>
  world.adopt(await startTlsInstance(options), "https");
const ask = async (world: World, text = requestText()) => (await world.client()).send(text).readAnswer();

afterEach(() => vi.unstubAllEnvs());

/** All bytes that came on its connections, after their handshakes. */
function recording(): { readonly behave: Behaviour; readonly bytes: () => string } {
  const connections: RawConnection[] = [];
  return {
    behave: async (connection) => void connections.push(connection),
    bytes: () => connections.map(({ unread }) => unread).join(""),
  };
}

describe.each(ENGINES)("an instance of the protocol https behind $name", ({ create }) => {
  const start = (instanceTls: InstanceTls, more = {}) =>
    World.start(create, { route: { instanceTls, ...more } });
  it("whose address was taken over by another app's is not sent a byte, and another one is", async () => {
    await using world = await start(BY_ID);
    const { behave, bytes } = recording();
    const taken = await join(world, { certificate: ofAnother, behave });
    const answer = await ask(world, POST);
    expect([statusOf(answer), ...valuesOf(answer, "x-wayleave-error")]).toEqual([
      502,
      "connect-misidentified",
    ]);
    const good = await join(world, { certificate: own });
    for (let count = 0; count < 4; count++) expect(statusOf(await ask(world, POST))).toBe(200);
    expect(good.requests.map(({ body }) => body)).toEqual(Array(4).fill("body"));
    expect(taken.accepted).toBeGreaterThan(0);
    await vi.waitFor(() => expect(taken.open).toBe(0));
    expect(bytes()).toBe("");
    // It is left out at once, and its reason is told once, however often it was tried.
    expect(world.entry(taken.port)).toMatchObject({
      ejections: 1,
      tlsFailure: `its certificate is for another, not for the instance ${taken.port}`,
    });
    expect(world.distrusted).toEqual([[String(taken.port), "connect-misidentified"]]);
    expect(world.failureCounts().failed).toEqual({ "connect-misidentified": 1 });
  });

  it.each<[string, Partial<TlsInstanceOptions>, InstanceTls, string]>([
    [
      "is of another authority",
      { certificate: (port) => stranger.issue([String(port)]) },
      BY_ID,
      "untrusted",
    ],
    ["is of no public authority, and none is set", {}, { identity: "instance-id" }, "untrusted"],
    [
      "has expired",
      {
        certificate: (port) =>
          authority.issue([String(port)], { notAfter: new Date(Date.now() - DAY_MS / 2) }),
      },
      BY_ID,
      "untrusted",
    ],
    [
      "is not valid yet",
      {
        certificate: (port) => authority.issue([String(port)], { notBefore: new Date(Date.now() + DAY_MS) }),
      },
      BY_ID,
      "untrusted",
    ],
    [
      "lacks its intermediate",
      {
        certificate: (port) => {
          const { chain, key } = authority.intermediate("middle").issue([String(port)]);
          return { chain: chain.slice(0, chain.indexOf("-----END") + 26), key };
        },
      },
      BY_ID,
      "untrusted",
    ],
    ["is not for its address", {}, { ca: authority.certificate }, "misidentified"],
    [
      "is not for the servername",
      {},
      { ca: authority.certificate, servername: "apps.internal" },
      "misidentified",
    ],
  ])("whose certificate %s is not sent a byte", async (_, options, policy, failure) => {
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    await using world = await start(policy);
    const { behave, bytes } = recording();
    const instance = await join(world, { certificate: own, ...options, behave });
    const answer = await ask(world, POST);
    expect([statusOf(answer), ...valuesOf(answer, "x-wayleave-error")]).toEqual([502, `connect-${failure}`]);
    await vi.waitFor(() => expect(instance.open).toBe(0));
    expect(bytes()).toBe("");
  });

  it.each<[string, InstanceTls, string]>([
    ["its address", {}, "127.0.0.1"],
    ["the servername", { servername: "shop.apps.internal" }, "*.apps.internal"],
  ])("proves by default that it is %s, and hears what is asked for", async (_, policy, name) => {
    await using world = await start({ ca: authority.certificate, ...policy });
    const heard: string[] = [];
    await join(world, {
      certificate: () => authority.issue([name]),
      socket: {
        SNICallback: (servername, done) => {
          heard.push(servername);
          done(null);
        },
      },
    });
    expect(statusOf(await ask(world))).toBe(200);
    expect(heard).toEqual(policy.servername === undefined ? [] : [policy.servername]);
  });

  it("answers by the short handshake when it is connected to again", async () => {
    await using world = await start(BY_ID);
    const resumed: boolean[] = [];
    const behave: Behaviour = async (connection, self) => {
      await self.read(connection);
      resumed.push(secureOf(connection).isSessionReused());
      connection.send(ok().replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")).end();
    };
    await join(world, { certificate: own, behave });
    for (let count = 0; count < 3; count++) expect(statusOf(await ask(world))).toBe(200);
    expect(resumed).toEqual([false, true, true]);
    // What was proved to others counts for nothing.
    world.apply({
      routes: [
        {
          host: "*",
          path: "/",
          route: { to: [{ app: "shop" }], instanceTls: { ...BY_ID, servername: "a" } },
        },
      ],
    });
    expect(statusOf(await ask(world))).toBe(200);
    expect(resumed.at(-1)).toBe(false);
  });

  it("has to prove itself anew when the authority changes, and its kept connections end", async () => {
    await using world = await start(BY_ID);
    const instance = await join(world, { certificate: own });
    const client = await world.client();
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    expect(instance).toMatchObject({ accepted: 1, open: 1 });
    const trusting = (ca: string) => ({
      routes: [{ host: "*", path: "/", route: { to: [{ app: "shop" }], instanceTls: { ...BY_ID, ca } } }],
    });
    world.apply(trusting(stranger.certificate));
    await vi.waitFor(() => expect(instance.open).toBe(0));
    const answer = await client.send(requestText()).readMessage();
    expect(valuesOf(answer, "x-wayleave-error")).toEqual(["connect-untrusted"]);
    world.apply(trusting(stranger.certificate + authority.certificate));
    expect(statusOf(await client.send(requestText()).readMessage())).toBe(200);
    expect(world.entry(instance.port)).toMatchObject({ tlsFailure: undefined });
  });

  it("has no connection of one route's used for another's that asks more", async () => {
    await using world = await start({ ...BY_ID, servername: "a" });
    const strict = { to: [{ app: "shop" }], instanceTls: { ...BY_ID, servername: "b" } };
    const same = { to: [{ app: "shop" }], instanceTls: { ...BY_ID, servername: "a" }, labels: { a: "b" } };
    world.apply({
      routes: [
        { host: "*", path: "/strict", route: strict },
        { host: "*", path: "/same", route: same },
      ],
    });
    const instance = await join(world, { certificate: own });
    const client = await world.client();
    const counts: number[] = [];
    for (const path of ["/", "/same", "/strict", "/", "/strict", "/same"]) {
      expect(statusOf(await client.send(requestText(`GET ${path}`)).readMessage())).toBe(200);
      counts.push(instance.accepted);
    }
    expect(counts).toEqual([1, 1, 2, 2, 2, 2]);
  });

  it("has no connection of its own used for another instance at the same address", async () => {
    await using world = await start({ ca: authority.certificate, identity: "instance-id" });
    const instance = await join(world, { certificate: (port) => authority.issue([String(port), "twin"]) });
    expect(statusOf(await ask(world))).toBe(200);
    const { port } = instance;
    const twin = {
      address: "127.0.0.1",
      port,
      protocol: "https",
      state: "ready",
      since: 0,
      isSuspect: false,
    };
    world.apply({
      instances: [{ app: "twins", id: "twin", instance: { ...twin, protocol: "https", state: "ready" } }],
      routes: [{ host: "*", path: "/twin", route: { to: [{ app: "twins" }], instanceTls: BY_ID } }],
    });
    expect(statusOf(await ask(world, requestText("GET /twin")))).toBe(200);
    expect(instance.accepted).toBe(2);
  });

  describe.each(["TLSv1.2", "TLSv1.3"] as const)(
    "and demands a certificate of routers by %s",
    (maxVersion) => {
      const demanding: Partial<TlsInstanceOptions> = {
        context: { ca: authority.certificate, maxVersion },
        socket: { requestCert: true, rejectUnauthorized: true },
      };

      it("is not sent to without one, and whatever the method, another instance is tried", async () => {
        await using world = await start(BY_ID);
        const instance = await join(world, { certificate: own, ...demanding });
        const answer = await ask(world, requestText("POST /", ["Content-Length: 0"]));
        expect([statusOf(answer), ...valuesOf(answer, "x-wayleave-error")]).toEqual([
          502,
          "connect-tls-failed",
        ]);
        expect(world.entry(instance.port)?.tlsFailure).toMatch(/alert|certificate/);
        const good = await join(world, { certificate: own });
        for (let count = 0; count < 3; count++) {
          expect(statusOf(await ask(world, requestText("POST /", ["Content-Length: 0"])))).toBe(200);
        }
        expect([instance.requests.length, good.requests.length]).toEqual([0, 3]);
      });

      it("gets that of the record, and the next one's when the record changes", async () => {
        await using world = await start({ ...BY_ID, clientCertificate: "router" });
        const put = (subject: string) =>
          world.apply({ certificates: [{ name: "router", certificate: ofClient(subject) }] });
        const subjects: (string | undefined)[] = [];
        const behave: Behaviour = async (connection, self) => {
          for (;;) {
            await self.read(connection);
            subjects.push(secureOf(connection).getPeerX509Certificate()?.subject);
            connection.send(ok());
          }
        };
        await join(world, { certificate: own, ...demanding, behave });
        const answer = await ask(world);
        expect(valuesOf(answer, "x-wayleave-error")).toEqual(["connect-tls-failed"]);
        for (const subject of ["one.routers", "one.routers", "two.routers"]) {
          if (subjects.at(-1) !== `CN=${subject}`) put(subject);
          expect(statusOf(await ask(world))).toBe(200);
          expect(subjects.at(-1)).toBe(`CN=${subject}`);
        }
      });
    },
  );

  it("that refuses the connection is not told of as one that cannot prove who it is", async () => {
    await using world = await start(BY_ID);
    const port = await world.deadPort();
    world.register(port, { protocol: "https" });
    expect(valuesOf(await ask(world), "x-wayleave-error")).toEqual(["connect-refused"]);
    expect(world.entry(port)).toMatchObject({ ejections: 1, tlsFailure: undefined });
    expect(world.distrusted).toEqual([]);
  });

  it.each([
    ["speaks plain HTTP", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "connect-tls-failed", 502],
    ["ends in the handshake", undefined, "connect-tls-failed", 502],
    ["says nothing", "", "connect-timeout", 504],
  ])("that %s is replaced in time", async (_, says, failure, status) => {
    await using world = await start(BY_ID, { timeouts: { connectMs: 300 } });
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        if (says === undefined) socket.destroy();
        else socket.write(says);
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    world.register(typeof address === "object" && address !== null ? address.port : 0, { protocol: "https" });
    const answer = await ask(world, POST);
    expect([statusOf(answer), ...valuesOf(answer, "x-wayleave-error")]).toEqual([status, failure]);
    await join(world, { certificate: own });
    for (let count = 0; count < 2; count++) expect(statusOf(await ask(world, POST))).toBe(200);
    server.close();
  });
});
