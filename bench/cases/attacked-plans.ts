// How those are set up that are attacked.

import { writeFile } from "node:fs/promises";
import path from "node:path";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";
import { HOST } from "../contenders/contender.ts";
import { WAYLEAVE, routerFlags } from "../contenders/wayleave.ts";
import { nginxConfig, nginxUpstream } from "../machine/nginx-config.ts";
import type { AttackedPlan, AttackedSetup } from "./attacked-proxy.ts";

/** `wayleave router` with one worker; `settings` is a settings record of its table. */
export function attackedWayleave(settings: object): AttackedPlan {
  return async (setup) => {
    const { folder, port, tlsPort } = setup;
    const file = path.join(folder, "table.yaml");
    await writeFile(file, table(settings, setup));
    const tls = ["--listen-tls", `127.0.0.1:${tlsPort}`, "--certificates", folder];
    return {
      command: process.execPath,
      args: [WAYLEAVE, ...(await routerFlags(port)), "--table", file, ...tls],
    };
  };
}

/** nginx, where it is installed, with one worker process; clients that stand still have so many seconds. */
export function attackedNginx(idleSeconds: number): AttackedPlan | undefined {
  const command = findCommand("nginx");
  if (command === undefined) return undefined;
  return async (setup) => {
    const file = path.join(setup.folder, "nginx.conf");
    await writeFile(file, nginx(idleSeconds, setup));
    return { command, args: ["-p", setup.folder, "-c", file] };
  };
}

const table = (settings: object, { instances, attacked }: AttackedSetup): string => `
settings: ${JSON.stringify(settings)}
routes:
  ${HOST}: { to: [{ app: app }] }
  ${HOST}/attacked: { to: [{ app: attacked }] }
instances:
  attacked/a: { address: 127.0.0.1, port: ${attacked} }
${instances.map((port, at) => `  app/s${at}: { address: 127.0.0.1, port: ${port} }`).join("\n")}
`;

const nginx = (idleSeconds: number, { folder, port, tlsPort, instances, attacked }: AttackedSetup): string =>
  nginxConfig(
    folder,
    `
  access_log off;
  client_max_body_size 0;
  client_header_timeout ${idleSeconds}s; client_body_timeout ${idleSeconds}s; send_timeout ${idleSeconds}s;
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
${nginxUpstream(instances)}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    listen 127.0.0.1:${tlsPort} ssl http2 backlog=4096;
    ssl_certificate ${folder}/bench.pem; ssl_certificate_key ${folder}/bench.pem; ssl_protocols TLSv1.2 TLSv1.3;
    location / { proxy_pass http://app; }
    location /attacked { proxy_pass http://127.0.0.1:${attacked}; }
  }`,
  );
