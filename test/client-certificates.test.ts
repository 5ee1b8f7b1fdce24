// Who a client is, by its certificate: what openssl and curl see of it, what the app is told, and what the log says.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";

import { ask, eventually, temporaryDirectory, TestAuthority } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findCommand } from "../packages/router/src/engine/raw-cases/find-command.ts";
import { type RunningReplica, startStaticRouter } from "./cluster.ts";
import { type Seen, askByOpenssl } from "./openssl-client.ts";

const run = promisify(execFile);
const root = new TestAuthority("root");
const tenants = new TestAuthority("tenants");
const strangers = new TestAuthority("strangers");
const SPOOFS = ["X-Forwarded-Client-Cert", "X_Forwarded_Client_Cert", "Client-Cert"].map(
  (name) => `${name}: Hash=00;Subject="CN=root"`,
);
const isMissing = ["openssl", "curl"].some((tool) => findCommand(tool) === undefined);

let directory: string;
let app: Server;
/** Lets in clients without a certificate, and not. */
let router: RunningReplica;
let strict: RunningReplica;

const file = (name: string): string => join(directory, name);

/** Gives the flags by which openssl shows a certificate. */
async function shown(issuer: TestAuthority, name: string): Promise<string[]> {
  const { chain, key } = issuer.issue([`${name}.example`], { uris: [`spiffe://shop/${name}`] });
  await writeFile(file(`${name}.pem`), chain + key);
  return ["-cert", file(`${name}.pem`)];
}

beforeAll(async () => {
  directory = temporaryDirectory("client-certificates");
  const { chain, key } = root.issue(["shop.example", "*.shop.example"]);
  await writeFile(file("shop.crt"), chain);
  await writeFile(file("shop.key"), key);
  await writeFile(file("root-ca"), root.certificate);
  await writeFile(file("client-ca"), tenants.certificate);
  app = createServer((request, response) => {
    const told = Object.entries(request.headers).filter(([name]) => /cert/i.test(name));
    response.end(JSON.stringify(Object.fromEntries(told)));
  });
  await new Promise<void>((resolve) => void app.listen(0, "127.0.0.1", resolve));
  const address = app.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await writeFile(
    file("table.yaml"),
    JSON.stringify({
      routes: {
        "shop.example": { to: [{ app: "shop" }] },
        "closed.shop.example": { to: [{ app: "shop" }], https: { clientCertificate: "required" } },
      },
      instances: { "shop/1": { address: "127.0.0.1", port } },
    }),
  );
  const flags = [
    "--listen-tls",
    "127.0.0.1:0",
    "--certificates",
    directory,
    "--client-ca",
    file("client-ca"),
  ];
  [router, strict] = await Promise.all([
    startStaticRouter(file("table.yaml"), [...flags, "--workers", "2"]),
    startStaticRouter(file("table.yaml"), [...flags, "--client-certificates", "require"]),
  ]);
});

afterAll(async () => {
  await Promise.all([router, strict].map(({ command }) => command.close()));
  app.close();
});

function openssl(port: number, ...args: readonly string[]): Promise<Seen> {
  return askByOpenssl({ port, ca: file("root-ca"), fields: SPOOFS }, ...args);
}

async function curl(host: string, ...args: readonly string[]): Promise<string> {
  const url = `https://${host}:${router.tlsPort}/`;
  const usual = [
    "-sS",
    "--max-time",
    "10",
    "--cacert",
    file("root-ca"),
    "-w",
    " %{http_version} %{http_code}",
  ];
  const spoofed = SPOOFS.flatMap((field) => ["-H", field]);
  const to = ["--resolve", `${host}:${router.tlsPort}:127.0.0.1`, url];
  return (await run("curl", [...usual, ...spoofed, ...args, ...to])).stdout;
}

describe.skipIf(isMissing)("a router that asks clients for certificates", { timeout: 60_000 }, () => {
  it.each([
    ["--http1.1", "1.1"],
    ["--http2", "2"],
  ])("tells the app who the client is, by curl %s, and the log", async (flag, version) => {
    const [, pem = ""] = await shown(tenants, "alice");
    expect(await curl("closed.shop.example", flag, "--cert", pem)).toMatch(
      new RegExp(
        String.raw`^\{"x-forwarded-client-cert":"Hash=\w{64};Subject=\\"CN=alice\.example\\";DNS=alice\.example;URI=spiffe://shop/alice"\} ${version} 200$`,
      ),
    );
    await router.command.waitForLine(/"clientSubject":"CN=alice\.example".*"host":"closed\.shop\.example"/);
  });

  it("lets in those without one, but not where a route requires it", async () => {
    expect(await curl("shop.example", "--http1.1")).toBe("{} 1.1 200");
    expect(await curl("closed.shop.example", "--http2")).toMatch(/client-certificate-required.* 2 403$/s);
    expect(await ask(router.port, "closed.shop.example")).toMatchObject({
      status: 403,
      failure: "client-certificate-required",
    });
  });

  it("ends handshakes without one where all must have it, by the right alert", async () => {
    expect(await openssl(strict.tlsPort, "-tls1_3")).toMatchObject({ alert: 116 });
    expect(await openssl(strict.tlsPort, "-tls1_2")).toMatchObject({ alert: 40 });
    const good = await openssl(strict.tlsPort, ...(await shown(tenants, "bob")));
    expect(good.text).toContain('Subject=\\"CN=bob.example\\"');
    // The client refuses, as it does a certificate that its own authority has not issued.
    await askByOpenssl({ port: strict.tlsPort, ca: file("client-ca") }, "-verify_return_error");
    await eventually(async () => {
      const metrics = await (await fetch(`${strict.admin}/metrics`)).text();
      expect(metrics.match(/^wayleave_tls_handshake_failures_total.* [1-9]\d*$/gm)).toEqual([
        'wayleave_tls_handshake_failures_total{reason="client-certificate"} 2',
        'wayleave_tls_handshake_failures_total{reason="refused-by-client"} 1',
      ]);
    });
  });

  it("refuses a certificate by somebody else, and says so in the log", async () => {
    const mallory = await shown(strangers, "mallory");
    expect(await openssl(router.tlsPort, "-tls1_2", ...mallory)).toMatchObject({ alert: 48 });
    const { text } = await openssl(router.tlsPort, "-tls1_3", ...mallory);
    expect(text).not.toContain("HTTP/1.1");
    await router.command.waitForLine(
      /"reason":"UNABLE_TO_VERIFY_LEAF_SIGNATURE".*"client-certificate-refused"/,
    );
  });

  it("follows its authorities: a client of the old one is nobody, and so is its session", async () => {
    const carol = await shown(tenants, "carol");
    const session = file("session");
    const before = await openssl(router.tlsPort, "-tls1_2", ...carol, "-sess_out", session);
    expect(before.text).toContain("CN=carol.example");
    const again = await openssl(router.tlsPort, "-tls1_2", "-sess_in", session);
    expect([again.kind, again.text]).toEqual(["Reused", expect.stringContaining("CN=carol.example")]);
    await writeFile(file("client-ca"), strangers.certificate);
    const dave = await shown(strangers, "dave");
    // Which of the workers answers is the kernel's choice; they have it within the same turn, or nearly.
    await eventually(async () => {
      const { text } = await openssl(router.tlsPort, ...dave);
      expect(text).toContain('Subject=\\"CN=dave.example\\"');
      expect(await openssl(router.tlsPort, "-tls1_2", ...carol)).toMatchObject({ alert: 48 });
    });
    const late = await openssl(router.tlsPort, "-tls1_2", "-sess_in", session);
    expect([late.kind, late.text]).toEqual(["New", expect.stringMatching(/HTTP\/1\.1 200[^]*\{\}/)]);
  });
});

describe.skipIf(isMissing)("settings that ask clients for certificates", { timeout: 60_000 }, () => {
  it("hold from the next handshake on, and a bad authority changes nothing", async () => {
    const table = file("live.yaml");
    const write = (clientCertificates?: object): Promise<void> =>
      writeFile(
        table,
        JSON.stringify({
          settings: { listener: { ...(clientCertificates && { clientCertificates }) } },
          routes: { "shop.example": { to: [{ app: "shop" }] } },
        }),
      );
    await write();
    const flags = ["--listen-tls", "127.0.0.1:0", "--certificates", directory, "--workers", "2"];
    await using live = await startStaticRouter(table, flags);
    expect((await openssl(live.tlsPort)).text).toContain("no-instances");
    await write({ ca: tenants.certificate, mode: "require" });
    await eventually(async () => expect(await openssl(live.tlsPort)).toMatchObject({ alert: 116 }));
    await write({ ca: tenants.issue(["no.authority"]).chain });
    await live.command.waitForLine(/listener\.clientCertificates\.ca: certificate 1 is not an authority's/);
    const erin = await openssl(live.tlsPort, ...(await shown(tenants, "erin")));
    expect(erin.text).toContain("no-instances");
    expect(await openssl(live.tlsPort)).toMatchObject({ alert: 116 });
    await write();
    await eventually(async () => expect((await openssl(live.tlsPort)).text).toContain("no-instances"));
  });
});

describe("a router that is to ask for certificates, and cannot", { timeout: 60_000 }, () => {
  it.each([
    [["--client-ca", "/nowhere/ca.pem", "--listen-tls", "127.0.0.1:0"], /--client-ca: \/nowhere\/ca\.pem: /],
    [["--client-ca", "/nowhere/ca.pem"], /--client-ca needs --listen-tls/],
    [["--client-certificates", "require"], /--client-certificates needs --client-ca/],
  ])("does not start with %j, and says why", async (flags, reason) => {
    await expect(startStaticRouter(file("table.yaml"), flags)).rejects.toThrow(reason);
  });
});
