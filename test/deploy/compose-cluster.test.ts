// What `docker compose up` runs, as processes on this machine: every command is the compose file's own, with ports,
// addresses and paths of containers put in place by those of this machine.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

import {
  ask,
  type Command,
  eventually,
  realEtcd,
  startCommand,
  startEtcd,
  temporaryDirectory,
} from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { adminProbePaths } from "./kubernetes.ts";
import { metricNames, readQueries } from "./queries.ts";
import { type ComposeService, readCompose, root, textOf } from "./repository.ts";

const { services, secrets } = readCompose();

function serviceOf(name: string): ComposeService {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return service;
}

async function start(
  name: string,
  etcd: readonly string[],
  places: Record<string, string>,
): Promise<Command> {
  const { command = [], environment = {} } = serviceOf(name);
  const args = command.map((argument) =>
    Object.entries(places).reduce((text, [there, here]) => text.replace(there, here), argument),
  );
  const host = environment["HOST"]?.replace("0.0.0.0", "127.0.0.1");
  return await startCommand(args, {
    cwd: root,
    env: { ...environment, WAYLEAVE_ETCD: etcd.join(","), HOST: host },
  });
}

/** In the image the demo apps are emitted. The app is in a process group of its own, so that killing the wrapper's would leave it running: both are let end. */
async function startApp(
  name: string,
  etcd: readonly string[],
): Promise<{ command: Command } & AsyncDisposable> {
  const command = await start(name, etcd, { "3000": "auto", ".js": ".ts", node: process.execPath });
  return {
    command,
    async [Symbol.asyncDispose]() {
      command.kill("SIGTERM");
      await command.exit;
    },
  };
}

/** A router's addresses, once it routes. */
async function started(router: Command): Promise<{ port: number; admin: string }> {
  const { listen, admin } = JSON.parse(await router.waitForLine(/"router-started"/));
  return { port: Number(new URL(`http://${listen}`).port), admin: String(admin) };
}

async function exitCodeOf([, ...command]: readonly string[]): Promise<number> {
  const [program = "", ...args] = command;
  const child = spawn(program === "node" ? process.execPath : program, args, { stdio: "ignore" });
  const [code] = await once(child, "exit");
  return Number(code);
}

function adminToken(): string {
  return textOf(secrets["admin-token"]?.file ?? "").trim();
}

function metricsOf(admin: string, token?: string): Promise<Response> {
  return fetch(`http://${admin}/metrics`, {
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    signal: AbortSignal.timeout(10_000),
  });
}

function routerPlaces(): Record<string, string> {
  return {
    "0.0.0.0:8080": "127.0.0.1:0",
    "0.0.0.0:9080": "127.0.0.1:0",
    "/run/secrets/admin-token": path.join(root, secrets["admin-token"]?.file ?? ""),
    "/state": temporaryDirectory("state"),
  };
}

describe.skipIf(!realEtcd.isAvailable)("the compose cluster", () => {
  it("routes both apps through both routers, and is watched", { timeout: 120_000 }, async () => {
    await using etcd = await startEtcd();
    const file = path.join(root, "deploy/compose/routes.yaml");
    await using routes = await start("routes", etcd.endpoints, { "/routes.yaml": file });
    expect([(await routes.exit).code, routes.stderr()]).toEqual([0, ""]);

    await using router1 = await start("router1", etcd.endpoints, routerPlaces());
    await using router2 = await start("router2", etcd.endpoints, routerPlaces());
    await using hello = await startApp("hello", etcd.endpoints);
    await using whoami = await startApp("whoami", etcd.endpoints);

    const routers = await Promise.all([router1, router2].map(started));
    for (const { port, admin } of routers) {
      await eventually(
        async () => {
          expect(await ask(port, "localhost:8081", "/hello")).toMatchObject({
            status: 200,
            failure: undefined,
          });
          expect(await ask(port, "localhost:8081", "/whoami")).toMatchObject({
            status: 200,
            failure: undefined,
          });
        },
        { withinMs: 30_000, what: "routing both apps" },
      );
      expect((await ask(port, "localhost", "/hello")).body).toMatch(/^hello from /);
      expect((await ask(port, "localhost", "/whoami")).body).toMatch(/^X-Forwarded-For: 127\.0\.0\.1$/m);
      expect(await ask(port, "localhost", "/")).toMatchObject({ status: 404, failure: "unknown-route" });

      // The health check of compose, the probes of Kubernetes, and Prometheus.
      const check = serviceOf("router1").healthcheck?.test ?? [];
      expect(await exitCodeOf(check.map((part) => part.replace("127.0.0.1:9080", admin)))).toBe(0);
      for (const probe of adminProbePaths())
        expect((await fetch(`http://${admin}${probe}`)).status).toBe(200);
      expect((await metricsOf(admin)).status).toBe(401);
      // Ours are held to METRICS by another test, and some have no line before their first sample.
      const metrics = await (await metricsOf(admin, adminToken())).text();
      const known = new Set([...metrics.matchAll(/^# TYPE (\w+) /gm)].map((match) => match[1]));
      const wanted = readQueries().flatMap(([, query]) => metricNames(query));
      const ofProcess = wanted.filter((name) => !name.startsWith("wayleave_"));
      expect(ofProcess).not.toEqual([]);
      expect(ofProcess.filter((name) => !known.has(name))).toEqual([]);
      expect(metrics).toMatch(
        /^wayleave_exchanges_total\{route="localhost\/hello",status_class="2xx"\} \d+$/m,
      );
    }

    for (const command of [hello.command, whoami.command, router1, router2]) {
      command.kill("SIGTERM");
      expect(await command.exit).toMatchObject({ code: 0 });
    }
  });
});
