import { writeFile } from "node:fs/promises";
import path from "node:path";

import { findCommand } from "../../packages/router/src/engine/raw-cases/find-command.ts";
import type { Contender, Setup } from "./contender.ts";
import { versionOf } from "./version-of.ts";

/** Caddy; it sees one core. */
export const caddy: Contender = {
  name: "caddy",
  hasAccessLog: true,
  setUp: "GOMAXPROCS=1; reverse_proxy, round_robin, 512 idle connections an instance",
  version: () => versionOf("caddy", ["version"], /v?(\d\S*)/),
  async plan(setup, port) {
    const file = path.join(setup.folder, "Caddyfile");
    await writeFile(file, config(setup, port));
    return {
      command: findCommand("caddy") ?? "caddy",
      args: ["run", "--adapter", "caddyfile", "--config", file],
      env: { GOMAXPROCS: "1", HOME: setup.folder, XDG_DATA_HOME: setup.folder },
    };
  },
};

const config = ({ instances, accessLog, folder }: Setup, port: number): string => `
{
  admin off
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  ${accessLog ? `log {\n    output file ${folder}/access.log\n  }` : ""}
  reverse_proxy ${instances.map((instance) => `127.0.0.1:${instance}`).join(" ")} {
    lb_policy round_robin
    header_up X-Request-Id {http.request.uuid}
    transport http {
      keepalive_idle_conns_per_host 512
    }
  }
}
`;
