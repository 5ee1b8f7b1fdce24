// What the raw cases run through: the engines here, and nginx and HAProxy where these are installed.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { World } from "../conformance/world.ts";
import { createHttpProxyEngine } from "../http-proxy/http-proxy-engine.ts";
import { createWireEngine } from "../wire/wire-engine.ts";
import { findCommand } from "./find-command.ts";
import type { Peer } from "./raw-case.ts";

/** A proxy in front of one instance. */
export interface RunningPeer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts the engine or the proxy of this name in front of the instance on `instancePort`. */
export async function startPeer(name: Peer | "wire", instancePort: number): Promise<RunningPeer> {
  if (name === "nginx" || name === "haproxy") return startProxy(name, instancePort);
  const world = await World.start(name === "wire" ? createWireEngine : createHttpProxyEngine, {
    // A case that makes instances fail must not keep the next one from them.
    settings: { ejection: { consecutiveFailures: 1_000_000, baseMs: 1, maxMs: 1 } },
  });
  world.register(instancePort);
  return { port: world.port, stop: () => world[Symbol.asyncDispose]() };
}

const ARGUMENTS = {
  nginx: (folder: string) => ["-p", folder, "-c", `${folder}/config`],
  haproxy: (folder: string) => ["-db", "-f", `${folder}/config`],
};

const CONFIGS = {
  nginx: (folder: string, port: number, instancePort: number) => `
    worker_processes 1; daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/log;
    events { worker_connections 256; }
    http {
      access_log off; client_max_body_size 0;
      client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
      uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
      upstream app { server 127.0.0.1:${instancePort} max_fails=0; keepalive 16; }
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }
      }
    }`,
  haproxy: (_folder: string, port: number, instancePort: number) => `
    global
      nbthread 1
      tune.maxrewrite 1024
    defaults
      mode http
      timeout client 20s
      timeout server 20s
      timeout connect 2s
      retries 0
    frontend clients
      bind 127.0.0.1:${port}
      default_backend app
    backend app
      server one 127.0.0.1:${instancePort}
  `,
};

async function startProxy(name: "nginx" | "haproxy", instancePort: number): Promise<RunningPeer> {
  const folder = await mkdtemp(path.join(tmpdir(), `wayleave-${name}-`));
  const port = await freePort();
  await writeFile(`${folder}/config`, `${CONFIGS[name](folder, port, instancePort).trim()}\n`);
  const child = spawn(findCommand(name) ?? name, ARGUMENTS[name](folder), { stdio: "ignore" });
  const exited = new Promise<void>((resolve) => void child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await isListening(port)) return { port, stop };
    await delay(50);
  }
  await stop();
  throw new Error(`${name} does not listen`);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => undefined);
    socket.once("connect", () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
