import { writeFile } from "node:fs/promises";
import path from "node:path";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";
import type { Contender, Setup, TlsSetup } from "./contender.ts";
import { nginxConfig, nginxUpstream } from "../machine/nginx-config.ts";
import { versionOf } from "./version-of.ts";

/** nginx with one worker process. Uploads are passed on as they come, as the others do. */
export const nginx: Contender = {
  name: "nginx",
  hasAccessLog: true,
  takesTls: true,
  setUp: "worker_processes 1; upstream with keepalive 512; proxy_request_buffering off",
  version: () => versionOf("nginx", ["-v"], /nginx\/(\S+)/),
  async plan(setup, port) {
    const file = path.join(setup.folder, "nginx.conf");
    await writeFile(file, config(setup, port));
    return { command: findCommand("nginx") ?? "nginx", args: ["-p", setup.folder, "-c", file] };
  },
};

const config = ({ instances, accessLog, folder, tls }: Setup, port: number): string =>
  nginxConfig(
    folder,
    `
  access_log ${accessLog ? `${folder}/access.log combined` : "off"};
  client_max_body_size 0;
${nginxUpstream(instances)}
  server {
    listen 127.0.0.1:${port} backlog=4096;
    ${tls === undefined ? "" : secureListener(tls)}
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host;
      proxy_set_header X-Request-Id $request_id;
    }
  }`,
  );

const secureListener = ({ port, pem }: TlsSetup): string => `
    listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_certificate ${pem}; ssl_certificate_key ${pem}; ssl_protocols TLSv1.2 TLSv1.3;`;
