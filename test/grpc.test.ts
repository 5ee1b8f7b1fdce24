// gRPC from a client over TLS to programs under `wayleave run`, and what it sees of their coming and going.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Client, credentials, status } from "@grpc/grpc-js";
import { type EmbeddedEtcd, startEmbeddedEtcd } from "@wayleave/embedded-etcd";
import { type Command, TestAuthority, eventually, startCommand, temporaryDirectory } from "@wayleave/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type RunningReplica, startReplica, wayleave } from "./cluster.ts";
import { metricOf } from "./traffic/metrics.ts";

const APP = fileURLToPath(new URL("./grpc-app.ts", import.meta.url));
const authority = new TestAuthority();
const asIs = (message: Buffer): Buffer => message;

let etcd: EmbeddedEtcd;
let endpoints: string[];
let router: RunningReplica;
let client: Client;
const programs: Command[] = [];

beforeAll(async () => {
  const directory = temporaryDirectory("grpc");
  const { chain, key } = authority.issue(["shop.example"]);
  await writeFile(join(directory, "shop.crt"), chain);
  await writeFile(join(directory, "shop.key"), key);
  etcd = await startEmbeddedEtcd();
  endpoints = [etcd.endpoint];
  const flags = ["--listen-tls", "127.0.0.1:0", "--certificates", directory, "--workers", "2"];
  router = await startReplica(endpoints, flags);
  await wayleave(endpoints, "routes", "set", "shop.example", "--to", "cart", "--wait");
  client = new Client(
    `127.0.0.1:${router.tlsPort}`,
    credentials.createSsl(Buffer.from(authority.certificate)),
    {
      "grpc.ssl_target_name_override": "shop.example",
      "grpc.default_authority": "shop.example",
      // What the router does not hide shall be seen.
      "grpc.enable_retries": 0,
    },
  );
});

afterAll(async () => {
  client.close();
  await Promise.all([...programs, router.command].map((command) => command.close()));
  etcd.destroy();
});

async function start(name: string): Promise<Command> {
  const flags = ["--etcd", endpoints.join(","), "--app", "cart", "--id", name, "--port", "auto"];
  const spoken = ["--address", "127.0.0.1", "--protocol", "h2c", "--health", "grpc"];
  const command = await startCommand(["run", ...flags, ...spoken, "--", process.execPath, APP], {
    env: { NAME: name },
  });
  programs.push(command);
  return command;
}

function call(): Promise<string> {
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + 20_000 };
    client.makeUnaryRequest("/shop.Cart/Name", asIs, asIs, Buffer.alloc(0), options, (error, answer) => {
      resolve(error === null ? String(answer) : (status[error.code] ?? "none"));
    });
  });
}

describe("gRPC through a router", () => {
  it("is told in its own words that there is nobody", async () => {
    expect(await call()).toBe("UNAVAILABLE");
  });

  it("loses no call while programs come and go", async () => {
    const [first] = [await start("one"), await start("two")];
    await eventually(async () =>
      expect(new Set([await call(), await call()])).toEqual(new Set(["one", "two"])),
    );
    const seen = new Map<string, number>();
    const over = new AbortController();
    const calling = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        const said = await call();
        seen.set(said, (seen.get(said) ?? 0) + 1);
      }
    });
    // Two instances; each of two workers may have one to each.
    await eventually(async () => {
      const open = await metricOf(router, "wayleave_instance_http2_connections");
      expect([2, 3, 4]).toContain(open);
    });
    await start("three");
    await eventually(() => expect(seen.get("three")).toBeGreaterThan(0));
    first.kill("SIGTERM");
    expect(await first.exit).toMatchObject({ code: 0 });
    const before = seen.get("three") ?? 0;
    await eventually(() => expect(seen.get("three")).toBeGreaterThan(before));
    over.abort();
    await Promise.all(calling);
    expect(new Set(seen.keys())).toEqual(new Set(["one", "two", "three"]));
  });
});
