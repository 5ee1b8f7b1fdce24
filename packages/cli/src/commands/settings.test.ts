import { TestAuthority, temporaryDirectory } from "@wayleave/testkit";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { type Bench, embeddedBench } from "../testing/run-wayleave.ts";

describe("wayleave settings", { timeout: 60_000 }, () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await embeddedBench();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  it("changes what it is told, keeps the rest, and shows what there is", async () => {
    expect(await bench.json(["settings", "get"])).toEqual({ revision: 0, record: {} });
    const ca = join(temporaryDirectory("settings"), "ca.pem");
    const { certificate } = new TestAuthority();
    writeFileSync(ca, certificate);
    await bench.run(["settings", "set", "--record", '{"diagnostics":true}', "--answer-timeout", "2m"]);
    const instance = ["--instance-ca", ca, "--instance-identity", "instance-id"];
    const shown = ["--instance-servername", "apps.internal", "--instance-client-certificate", "router"];
    const { code, stdout } = await bench.run(["settings", "set", "--hsts", "1d", ...instance, ...shown]);
    const revision = await bench.revision();
    expect([code, stdout]).toEqual([EXIT.ok, `changed the settings (revision ${revision})\n`]);
    expect(await bench.json(["settings", "get"])).toEqual({
      revision,
      record: {
        diagnostics: true,
        timeouts: { answerHeadMs: 120_000 },
        https: { hstsSeconds: 86_400 },
        instanceTls: {
          ca: certificate,
          identity: "instance-id",
          servername: "apps.internal",
          clientCertificate: "router",
        },
      },
    });
    await bench.run(["settings", "set", "--attempts", "2", "--replace"]);
    expect((await bench.run(["settings", "get"])).stdout).toBe("settings:\n  retries:\n    attempts: 2\n");
  });

  it("sets who clients over TLS must be, each field by itself", async () => {
    const ca = join(temporaryDirectory("settings"), "clients.pem");
    const { certificate } = new TestAuthority();
    writeFileSync(ca, certificate);
    await bench.run(["settings", "set", "--record", '{"listener":{"maxHeaders":50}}', "--replace"]);
    await bench.run(["settings", "set", "--listener-client-ca", ca]);
    await bench.run(["settings", "set", "--listener-client-certificates", "require"]);
    expect(await bench.json(["settings", "get"])).toMatchObject({
      record: { listener: { maxHeaders: 50, clientCertificates: { ca: certificate, mode: "require" } } },
    });
    await bench.run(["settings", "set", "--attempts", "2", "--replace"]);
  });

  it.each([
    [EXIT.usage, [], /nothing to set: give --answer-timeout/],
    [EXIT.invalid, ["--record", '{"listener":{"maxHeadBytes":1}}'], /listener\.maxHeadBytes/],
    [EXIT.invalid, ["--instance-ca", "/nowhere.pem"], /nowhere\.pem cannot be read/],
    [EXIT.invalid, ["--instance-identity", "servername"], /servername/],
    [EXIT.invalid, ["--listener-client-ca", "/nowhere.pem"], /nowhere\.pem cannot be read/],
    [EXIT.invalid, ["--listener-client-certificates", "require"], /listener\.clientCertificates\.ca/],
    [EXIT.usage, ["--listener-client-certificates", "yes"], /Allowed choices are request, require/],
    [EXIT.usage, ["--https-redirect", "yes"], /Allowed choices are on, off/],
  ])("ends with %d for %j", async (exit, args, reason) => {
    const before = await bench.revision();
    const { code, stderr } = await bench.run(["settings", "set", ...args]);
    expect([code, stderr]).toEqual([exit, expect.stringMatching(reason)]);
    expect(await bench.revision()).toBe(before);
  });
});
