import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import type { ConnectionOptions, TLSSocket } from "node:tls";

import { type IssueOptions, TestAuthority, eventually } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { putRoute, sampleChange } from "../../table/samples.ts";
import { RawConnection, statusOf, valuesOf } from "../conformance/raw-connection.ts";
import { requestText } from "../conformance/world.ts";
import { type TlsScene, authority, open, startTlsScene } from "./testing/tls-scene.ts";

const FIELD = "X-Forwarded-Client-Cert";
const shop = authority.issue(["shop.example"]);
const tenants = new TestAuthority("tenants");
const strangers = new TestAuthority("strangers");
const alice = shownBy(tenants, "alice", { usage: "client" });
const requested = { certificates: tenants.certificate, isRequired: false };
const required = { ...requested, isRequired: true };
const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
const SPOOFS = [FIELD, "x-forwarded-client-cert", "X_Forwarded_Client_Cert", "Client-Cert", "CLIENT_CERT"];
const spoofed = SPOOFS.map((name) => `${name}: Hash=00;Subject="CN=root"`);

function shownBy(issuer: TestAuthority, subject: string, options: IssueOptions = {}): ConnectionOptions {
  const { chain, key } = issuer.issue([], { subject, ...options });
  return { cert: chain, key };
}

/** A scene that asks for certificates; `ask` tells what the app was told of the client, or how it ended. */
async function startScene(
  clientAuthority: TlsScene["clientAuthority"],
  options: Parameters<typeof startTlsScene>[0] = {},
) {
  const scene = await startTlsScene(options);
  scene.clientAuthority = clientAuthority;
  scene.put("shop", shop);
  const ask = (more: ConnectionOptions) => {
    const socket = open(scene.tlsPort, { servername: "shop.example", ...more });
    const session = once(socket, "session").then(([ticket]: unknown[]) => Buffer.from(ticket as Buffer));
    session.catch(() => undefined);
    return { told: tell(scene, socket), session, socket };
  };
  return Object.assign(scene, { ask });
}

async function tell(scene: TlsScene, socket: TLSSocket): Promise<string> {
  const ended = new Promise<string>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on("close", () => resolve("closed"));
  });
  const client = new RawConnection(socket);
  const before = scene.instance.requests.length;
  socket.once("secureConnect", () => socket.write(requestText("GET /", spoofed)));
  const answered = client.readMessage().then(async (answer) => {
    if (statusOf(answer) !== 200) return `${statusOf(answer)} ${valuesOf(answer, "X-Wayleave-Error").join()}`;
    await eventually(() => expect(scene.instance.requests.length).toBeGreaterThan(before));
    const request = scene.instance.requests.at(-1);
    return SPOOFS.flatMap((name) => (request ? valuesOf(request, name) : []))
      .slice(0, 2)
      .join(" | ");
  });
  return await Promise.race([answered.catch(() => ended), ended]);
}

describe.each(VERSIONS)("a client's certificate, over %s", (version) => {
  const maxVersion = version;

  it("is told to the app, beside no claim of the client's own", async () => {
    await using scene = await startScene(requested);
    expect(await scene.ask({ maxVersion, ...alice }).told).toMatch(
      /^Hash=[0-9a-f]{64};Subject="CN=alice" \| Hash=[0-9a-f]{64};Subject="CN=alice"$/,
    );
    expect(await scene.ask({ maxVersion }).told).toBe("");
    scene.clientAuthority = required;
    expect(await scene.ask({ maxVersion, ...alice }).told).toContain('Subject="CN=alice"');
  });

  it("that is missing where it is required ends the handshake with an alert that says so", async () => {
    await using scene = await startScene(required);
    const alert = {
      "TLSv1.2": "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
      "TLSv1.3": "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    }[version];
    expect(await scene.ask({ maxVersion }).told).toBe(alert);
    expect(scene.world.summaries).toEqual([]);
  });

  // Under TLS 1.3 it would have to be encrypted by OpenSSL, which Node does not let refuse.
  it.each([
    ["is by another authority", shownBy(strangers, "alice"), "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"],
    [
      "has expired",
      shownBy(tenants, "old", { notAfter: new Date(Date.now() - 60_000) }),
      "ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED",
    ],
    [
      "is a server's",
      shownBy(tenants, "server", { usage: "server" }),
      "ERR_SSL_SSL/TLS_ALERT_UNSUPPORTED_CERTIFICATE",
    ],
  ])("that %s ends the handshake, whether it is required or not", async (_, shown, alert) => {
    await using scene = await startScene(requested);
    for (const mode of [requested, required]) {
      scene.clientAuthority = mode;
      const told = await scene.ask({ maxVersion, ...shown }).told;
      expect(told).toBe(version === "TLSv1.2" ? alert : "closed");
    }
    expect(scene.world.summaries).toEqual([]);
  });

  it("is remembered by the session that is resumed, until other authorities are asked for", async () => {
    await using scene = await startScene(requested);
    const first = scene.ask({ maxVersion, ...alice });
    const told = await first.told;
    const session = await first.session;
    const again = scene.ask({ maxVersion, session });
    expect(await again.told).toBe(told);
    expect(again.socket.isSessionReused()).toBe(true);
    scene.clientAuthority = { ...requested, certificates: strangers.certificate };
    const late = scene.ask({ maxVersion, session });
    expect(await late.told).toBe("");
    expect(late.socket.isSessionReused()).toBe(false);
  });

  it("is asked for anew when it is required since a session began", async () => {
    await using scene = await startScene(undefined);
    const first = scene.ask({ maxVersion });
    expect(await first.told).toBe("");
    const session = await first.session;
    scene.clientAuthority = required;
    expect(await scene.ask({ maxVersion, session }).told).toMatch(/HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED/);
    expect(await scene.ask({ maxVersion, session, ...alice }).told).toContain("CN=alice");
  });
});

describe("a client's certificate", () => {
  it("is not remembered for longer than it is valid", async () => {
    await using scene = await startScene(requested);
    const notAfter = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000);
    const brief = shownBy(tenants, "brief", { notAfter });
    const asked = VERSIONS.map((maxVersion) => scene.ask({ maxVersion, ...brief }));
    for (const { told } of asked) expect(await told).toContain("CN=brief");
    const sessions = await Promise.all(asked.map(({ session }) => session));
    await eventually(() => expect(Date.now()).toBeGreaterThan(notAfter.getTime()));
    for (const [at, session] of sessions.entries()) {
      const maxVersion = VERSIONS[at];
      expect(await scene.ask({ session, ...(maxVersion && { maxVersion }) }).told).toBe("closed");
    }
  });

  it("that is refused leaves no connection behind", async () => {
    await using scene = await startScene(requested);
    for (const maxVersion of VERSIONS) await scene.ask({ maxVersion, ...shownBy(strangers, "alice") }).told;
    await eventually(() => expect(scene.world.engine.connections).toBe(0));
  });

  it("is told to the app for each stream of HTTP/2", async () => {
    await using scene = await startScene(requested);
    const socket = open(scene.tlsPort, { servername: "shop.example", ALPNProtocols: ["h2"], ...alice });
    const session = connectHttp2("https://shop.example", { createConnection: () => socket });
    for (const path of ["/1", "/2"]) {
      const stream = session.request({
        ":path": path,
        "x-forwarded-client-cert": 'Hash=00;Subject="CN=root"',
        client_cert: "x",
      });
      const [head]: unknown[] = await once(stream, "response");
      expect(head).toMatchObject({ [constants.HTTP2_HEADER_STATUS]: 200 });
      stream.resume();
    }
    session.destroy();
    const told = scene.instance.requests.map((request) => SPOOFS.flatMap((name) => valuesOf(request, name)));
    for (const fields of told)
      expect(new Set(fields)).toEqual(new Set([expect.stringMatching(/;Subject="CN=alice"$/)]));
    expect(told).toHaveLength(2);
  });

  it("is no claim of a client without TLS, on a listener beside", async () => {
    await using scene = await startScene(required);
    const client = await scene.world.client();
    expect(statusOf(await client.send(requestText("GET /", spoofed)).readMessage())).toBe(200);
    const [request] = scene.instance.requests;
    expect(SPOOFS.flatMap((name) => (request ? valuesOf(request, name) : ["no request"]))).toEqual([]);
  });

  it("is asked for each request anew: on one connection one host may need it, and another not", async () => {
    await using scene = await startScene(requested);
    scene.put("shop", authority.issue(["shop.example", "closed.example"]));
    const https = { clientCertificate: "required" } as const;
    const closed = putRoute("closed.example/", [{ app: "shop" }], { https });
    scene.world.table.apply(sampleChange(1_000, { routes: [closed] }));
    const statuses = async (shown: ConnectionOptions): Promise<number[]> => {
      const socket = open(scene.tlsPort, { servername: "shop.example", ...shown });
      await once(socket, "secureConnect");
      const client = new RawConnection(socket);
      const told: number[] = [];
      for (const host of ["shop.example", "closed.example", "shop.example"]) {
        const text = requestText("GET /").replace("shop.example", host);
        told.push(statusOf(await client.send(text).readMessage()));
      }
      socket.destroy();
      return told;
    };
    expect(await statuses({})).toEqual([200, 403, 200]);
    expect(await statuses(alice)).toEqual([200, 200, 200]);
  });
});
