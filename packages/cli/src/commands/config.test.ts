import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { temporaryDirectory } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { EXIT } from "../exit-codes.ts";
import { runWayleave } from "../testing/run-wayleave.ts";

describe("wayleave config", { timeout: 60_000 }, () => {
  it("shows each setting with where it is said: flag, environment, file, default", async () => {
    const cwd = temporaryDirectory("config");
    writeFileSync(
      join(cwd, "wayleave.yaml"),
      "etcd: [http://a:2379, http://b:2379]\nprefix: /file/\netcd-user: me\nstate-dir: /var/x\n",
    );
    const env = { WAYLEAVE_ETCD_USER: "you", WAYLEAVE_ADMIN: "0.0.0.0:9080" };
    const { code, stdout, stderr } = await runWayleave(["config", "--prefix", "/flag/"], { cwd, env });
    expect([code, stderr]).toEqual([EXIT.ok, ""]);
    const lines = stdout.split("\n");
    for (const line of [
      "etcd\thttp://a:2379,http://b:2379\twayleave.yaml:1:1",
      "prefix\t/flag/\t--prefix",
      "etcd-user\tyou\tWAYLEAVE_ETCD_USER",
      "state-dir\t/var/x\twayleave.yaml:4:1",
      "admin\t0.0.0.0:9080\tWAYLEAVE_ADMIN",
      "etcd-ca\t-\tdefault",
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => line.startsWith("etcd\t"))).toHaveLength(1);
  });

  it("is JSON with --json, and names what is no setting with its line", async () => {
    const cwd = temporaryDirectory("config");
    const { stdout } = await runWayleave(["config", "--json"], { cwd });
    const { settings } = JSON.parse(stdout);
    expect(settings).toContainEqual({ name: "etcd", value: "http://127.0.0.1:2379", from: "default" });
    writeFileSync(join(cwd, "wayleave.yaml"), "prefix: /a/\netdc: x\n");
    const { code, stderr } = await runWayleave(["config"], { cwd });
    expect([code, stderr]).toEqual([
      EXIT.invalid,
      'wayleave: wayleave.yaml:2:1: there is no setting "etdc"\n',
    ]);
  });
});
