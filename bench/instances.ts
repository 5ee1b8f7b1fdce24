// The instances behind every contender.

import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { freePort, temporaryDirectory } from "@wayleave/testkit";

import { findCommand } from "../packages/router/src/engine/raw-cases/find-command.ts";
import { ask } from "./ask.ts";
import { HOST } from "./contenders/contender.ts";
import { nginxConfig } from "./machine/nginx-config.ts";
import { startProcess } from "./machine/start-process.ts";

const NGINX = findCommand("nginx");
const PROGRAM = path.resolve(import.meta.dirname, "programs/instance.ts");
const STARTS_WITHIN_MS = 10_000;

/** What kind of instances to start. */
export interface InstancesPlan {
  readonly takesBodies?: boolean;
  readonly count?: number;
}

/** Instances that run. */
export interface Instances extends AsyncDisposable {
  readonly ports: readonly number[];
}

/**
 * Starts instances: nginx where it is installed, since it costs less than a proxy does, else ours. nginx answers
 * before it has read a body, so uploads go to ours.
 */
export async function startInstances({
  takesBodies = false,
  count = 2,
}: InstancesPlan = {}): Promise<Instances> {
  const folder = temporaryDirectory("instances");
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  await writeFile(path.join(folder, "large"), "x".repeat(100_000));
  await writeFile(path.join(folder, "nginx.conf"), config(folder, ports));
  const plans =
    NGINX !== undefined && !takesBodies
      ? [{ command: NGINX, args: ["-p", folder, "-c", path.join(folder, "nginx.conf")] }]
      : ports.map((port) => ({ command: process.execPath, args: [PROGRAM, String(port)] }));
  const running = await Promise.all(
    plans.map((plan) => startProcess({ ...plan, part: "meter", folder: folder })),
  );
  await Promise.all(ports.map((port) => answers(port)));
  return {
    ports,
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((process) => process[Symbol.asyncDispose]()));
    },
  };
}

async function answers(port: number): Promise<void> {
  const deadline = performance.now() + STARTS_WITHIN_MS;
  for (;;) {
    try {
      await ask({ port, host: HOST });
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(20);
    }
  }
}

const config = (folder: string, ports: readonly number[]): string =>
  nginxConfig(
    folder,
    `
  access_log off;
  sendfile on;
  open_file_cache max=10;
  server {
    ${ports.map((port) => `listen 127.0.0.1:${port} backlog=4096;`).join(" ")}
    root ${folder};
    default_type text/plain;
    location = /large { }
    location / { return 200 "${"x".repeat(130)}"; }
  }`,
  );
