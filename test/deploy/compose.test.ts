// docker-compose.yml, without a container engine: what it says holds together, and is what the command understands.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

import { startCommand } from "@wayleave/testkit";
import { describe, expect, it } from "vitest";

import { parseCommand, settingVariables } from "../parse-command.ts";
import { readCompose, root } from "./repository.ts";

const { services, networks, volumes, secrets } = readCompose();
const all = Object.entries(services);
const ours = all.filter(([, { image }]) => image === "wayleave:local");
const etcds = all.filter(([, { image }]) => image.includes("/etcd:"));
const routers = ours.filter(([, { command }]) => command?.[0] === "router");
const sidecar = readCompose("deploy/compose/sidecar.yaml").services;
/** The plugin, or the program that it came from. */
const composer = [["docker", "compose"], ["docker-compose"]].find(
  ([program = "", ...args]) => spawnSync(program, [...args, "version"]).status === 0,
);

describe("docker-compose.yml", () => {
  it("has three etcds, two routers, and the apps", () => {
    expect([etcds.length, routers.length, ours.length]).toEqual([3, 2, 5]);
  });

  it.each(all)("%s names only what is there", (_, service) => {
    const { depends_on = {}, networks: on = [], secrets: knows = [], volumes: mounts = [], build } = service;
    expect(Object.keys(depends_on).filter((name) => !(name in services))).toEqual([]);
    expect(on.filter((name) => !(name in networks))).toEqual([]);
    expect(knows.filter((name) => !(name in secrets))).toEqual([]);
    const sources = mounts.map((mount) => mount.split(":")[0] ?? "");
    const [files, named] = [true, false].map((isFile) =>
      sources.filter((each) => each.startsWith(".") === isFile),
    );
    expect(files?.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
    expect(named?.filter((name) => !(name in volumes))).toEqual([]);
    if (build !== undefined) expect(existsSync(path.join(root, build.dockerfile))).toBe(true);
  });

  it("has the file of every secret", () => {
    const files = Object.values(secrets).map(({ file }) => path.join(root, file));
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  it("waits only for the health of services that tell it", () => {
    const awaited = all.flatMap(([, { depends_on = {} }]) =>
      Object.entries(depends_on).flatMap(([name, { condition }]) =>
        condition === "service_healthy" ? [name] : [],
      ),
    );
    expect(awaited).not.toEqual([]);
    expect(awaited.filter((name) => services[name]?.healthcheck === undefined)).toEqual([]);
  });

  it("publishes different ports, on loopback only", () => {
    const published = all.flatMap(([, { ports = [] }]) => ports.map((port) => port.replace(/:\d+$/, "")));
    expect(new Set(published).size).toBe(published.length);
    expect(published.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
  });

  it("asks etcds and routers for their health", () => {
    expect([...etcds, ...routers].filter(([, { healthcheck }]) => healthcheck === undefined)).toEqual([]);
  });

  it.each(etcds)("%s compacts by itself, and knows all members", (name, { environment = {} }) => {
    expect(environment["ETCD_NAME"]).toBe(name);
    expect(environment["ETCD_AUTO_COMPACTION_RETENTION"]).toMatch(/^[1-9]\d*[mh]$/);
    const members = etcds.map(([member]) => `${member}=http://${member}:2380`);
    expect(environment["ETCD_INITIAL_CLUSTER"]).toBe(members.join(","));
  });

  it.each(ours)("%s is a command line and an environment that the CLI understands", async (_, service) => {
    const { name, options } = await parseCommand(service.command ?? []);
    expect(name).toBe(service.command?.[0]);
    expect(options).not.toEqual({});
    const known = settingVariables();
    const settings = Object.keys(service.environment ?? {}).filter((each) => each.startsWith("WAYLEAVE_"));
    expect(settings.filter((each) => !known.has(each))).toEqual([]);
    expect(service.environment?.["WAYLEAVE_ETCD"]?.split(",")).toEqual(
      etcds.map(([member]) => `http://${member}:2379`),
    );
  });

  it.each(routers)(
    "%s has the token that its admin listener needs, and time to drain",
    async (_, service) => {
      const { options } = await parseCommand(service.command ?? []);
      expect(options).toMatchObject({ admin: { host: "0.0.0.0" } });
      expect(service.secrets?.map((secret) => `/run/secrets/${secret}`)).toContain(options["adminTokenFile"]);
      expect(service.ports?.filter((port) => port.endsWith(":9080"))).toEqual([]);
      expect(Number.parseInt(service.stop_grace_period ?? "0", 10)).toBeGreaterThan(30);
    },
  );

  it("starts Prometheus and Grafana only when asked to", () => {
    const observers = all.filter(([, { profiles }]) => profiles?.includes("observe"));
    expect(observers.map(([name]) => name)).toEqual(["prometheus", "grafana"]);
    expect(all.filter(([, { profiles }]) => profiles !== undefined)).toHaveLength(2);
  });

  it.each(["validate", "test"])("has routes that pass `wayleave %s`", async (command) => {
    await using run = await startCommand([command, "-f", path.join(root, "deploy/compose/routes.yaml")]);
    expect([(await run.exit).code, run.stderr()]).toEqual([0, ""]);
  });

  it.skipIf(composer === undefined).each([[[]], [["-f", "deploy/compose/sidecar.yaml"]]])(
    "is good to compose itself, with %j",
    (more) => {
      const [program = "", ...args] = composer ?? [];
      const files = ["-f", "docker-compose.yml", ...more];
      const config = spawnSync(program, [...args, ...files, "config", "-q"], { cwd: root, encoding: "utf8" });
      expect([config.status, config.stderr]).toEqual([0, ""]);
    },
  );
});

describe("deploy/compose/sidecar.yaml", () => {
  it("has a registrar in the app's own network, which is ended before it", async () => {
    const registrar = sidecar["mirror-registrar"];
    expect(registrar?.network_mode).toBe("service:mirror");
    expect(Object.keys(registrar?.depends_on ?? {})).toContain("mirror");
    const { name, options } = await parseCommand(registrar?.command ?? []);
    expect([name, options["app"]]).toEqual(["register", "mirror"]);
    expect(sidecar["mirror"]?.command).toEqual(["--port", String(options["port"])]);
  });

  it("routes to it", async () => {
    const { name } = await parseCommand(sidecar["mirror-route"]?.command ?? []);
    expect(name).toBe("set");
  });
});
