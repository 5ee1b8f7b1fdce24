import { writeFile } from "node:fs/promises";
import path from "node:path";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";
import type { Contender, Setup } from "./contender.ts";
import { versionOf } from "./version-of.ts";

/** HAProxy with one thread. */
export const haproxy: Contender = {
  name: "haproxy",
  hasAccessLog: true,
  takesTls: true,
  setUp: "nbthread 1; http-reuse always; option forwardfor",
  version: () => versionOf("haproxy", ["-v"], /version (\S+)/),
  async plan(setup, port) {
    const file = path.join(setup.folder, "haproxy.cfg");
    await writeFile(file, config(setup, port));
    return { command: findCommand("haproxy") ?? "haproxy", args: ["-db", "-f", file] };
  },
};

// Without strict limits it starts where it may not have two files for each of its connections.
const config = ({ instances, accessLog, tls }: Setup, port: number): string => `
global
  nbthread 1
  maxconn 12000
  no strict-limits
defaults
  mode http
  timeout client 75s
  timeout server 60s
  timeout connect 2s
  option forwardfor
  http-reuse always
  ${accessLog ? "log stdout format raw local0\n  option httplog" : ""}
  unique-id-format %{+X}o%ci%cp%Ts%rt
  unique-id-header X-Request-Id
frontend clients
  bind 127.0.0.1:${port} backlog 4096
  ${tls === undefined ? "" : `bind 127.0.0.1:${tls.port} ssl crt ${tls.pem} backlog 4096`}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  default_backend app
backend app
  balance roundrobin
${instances.map((instance, at) => `  server s${at} 127.0.0.1:${instance}`).join("\n")}
`;
