// The Kubernetes manifests, without a cluster: what of them refers to what, and what the command understands.

import { describe, expect, it } from "vitest";

import { type Manifest, probesOf, readManifests, runningContainers } from "./kubernetes.ts";
import { problemsOf } from "./kubernetes-schema.ts";
import { parseCommand, settingVariables } from "../parse-command.ts";

const manifests = readManifests();
const ofKind = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind);
const deployments = ofKind("Deployment").map((manifest) => [manifest.metadata.name, manifest] as const);
const router = ofKind("Deployment").find(({ metadata }) => metadata.name === "wayleave-router");
const containers = deployments.flatMap(([name, { spec }]) =>
  runningContainers(spec.template.spec).map((container) => [name, container] as const),
);
/** The containers that run the command. */
const ours = containers.filter(([, { args = [] }]) => ["router", "run", "register"].includes(args[0] ?? ""));

function matches(
  labels: Readonly<Record<string, string>>,
  selector: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

describe("the Kubernetes manifests", () => {
  it("are good by Kubernetes' own schema", async () => {
    expect(await problemsOf(manifests)).toBe("");
  });

  it("would not be, with a field that Kubernetes does not know", async () => {
    const spelled = JSON.stringify(manifests).replaceAll("readinessProbe", "readyProbe");
    expect(await problemsOf(JSON.parse(spelled))).toContain(
      "'\"readyProbe\"' does not exist in type 'Container'",
    );
  });

  it("have a name of their own each", () => {
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("Deployment/wayleave-router");
  });

  it.each(deployments)("Deployment %s selects its own pods", (_, { spec }) => {
    const { labels } = spec.template.metadata;
    expect(Object.keys(spec.selector.matchLabels)).not.toEqual([]);
    expect(matches(labels, spec.selector.matchLabels)).toBe(true);
  });

  it.each([...ofKind("Service"), ...ofKind("PodDisruptionBudget")].map((each) => [each.kind, each] as const))(
    "the %s selects the pods of one Deployment, and its ports are theirs",
    (kind, { spec }) => {
      const selector = kind === "Service" ? spec.selector : spec.selector.matchLabels;
      const selected = deployments.filter(([, each]) =>
        matches(each.spec.template.metadata.labels, selector),
      );
      expect(selected).toHaveLength(1);
      const pod = selected[0]?.[1].spec.template.spec;
      const ports = pod?.containers.flatMap((container) => container.ports ?? []).map(({ name }) => name);
      const wanted = kind === "Service" ? spec.ports.map(({ targetPort }) => targetPort) : [];
      expect(wanted.filter((port) => ports?.includes(port) !== true)).toEqual([]);
    },
  );

  it.each(containers)("%s: probes, mounts and settings name what is there", (name, container) => {
    const pod = deployments.find(([each]) => each === name)?.[1].spec.template.spec;
    const ports = container.ports?.map((port) => port.name);
    expect(probesOf(container).filter(({ port }) => ports?.includes(port) !== true)).toEqual([]);
    const volumes = pod?.volumes?.map((volume) => volume.name);
    const mounts = container.volumeMounts ?? [];
    expect(mounts.filter((mount) => volumes?.includes(mount.name) !== true)).toEqual([]);
    const maps = ofKind("ConfigMap").map(({ metadata }) => metadata.name);
    const wanted = (container.envFrom ?? []).map(({ configMapRef }) => configMapRef.name);
    expect(wanted.filter((map) => !maps.includes(map))).toEqual([]);
    const accounts = ofKind("ServiceAccount").map(({ metadata }) => metadata.name);
    if (pod?.serviceAccountName !== undefined) expect(accounts).toContain(pod.serviceAccountName);
  });

  it("set only what is a setting", () => {
    const known = settingVariables();
    const inMaps = ofKind("ConfigMap").flatMap(({ data = {} }) => Object.keys(data));
    const own = containers.flatMap(([, { env = [] }]) => env.map((each) => each.name));
    const settings = [...inMaps, ...own].filter((each) => each.startsWith("WAYLEAVE_"));
    expect(settings).not.toEqual([]);
    expect(settings.filter((each) => !known.has(each))).toEqual([]);
  });

  it.each(ours)("%s is a command line that the CLI understands", async (deployment, container) => {
    const { name, options } = await parseCommand(container.args ?? []);
    // A sidecar registers the port of the container beside it.
    const pod = containers.filter(([each]) => each === deployment).flatMap(([, { ports }]) => ports ?? []);
    const ports = Object.fromEntries(pod.map((port) => [port.name, port.containerPort]));
    if (name !== "router") expect(options["port"]).toBe(ports["http"]);
    else {
      expect(options).toMatchObject({ listen: { port: ports["http"] }, admin: { port: ports["admin"] } });
    }
  });

  it.each(deployments)("%s runs with as few rights as it can", (_, { spec }) => {
    const pod = spec.template.spec;
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
    // A Service called `wayleave` sets WAYLEAVE_PORT in every pod that does not say no.
    expect(pod.enableServiceLinks).toBe(false);
  });

  it("let a sidecar drain before its app is told to end", async () => {
    const pods = deployments.map(([, { spec }]) => spec.template.spec);
    const withSidecar = pods.filter((pod) => runningContainers(pod).length > pod.containers.length);
    expect(withSidecar).toHaveLength(1);
    const [pod] = withSidecar;
    const [sidecar, app] = pod === undefined ? [] : runningContainers(pod);
    const drain = sidecar?.lifecycle?.preStop.exec?.command.at(-1) ?? "";
    const { name, options } = await parseCommand(drain.replace(/^exec wayleave /, "").split(" "));
    expect([name, options["wait"]]).toEqual(["drain", true]);
    const appEndsAfterMs = (app?.lifecycle?.preStop.sleep?.seconds ?? 0) * 1_000;
    expect(appEndsAfterMs).toBeGreaterThan(Number(options["waitTimeout"]));
    expect((pod?.terminationGracePeriodSeconds ?? 0) * 1_000).toBeGreaterThan(appEndsAfterMs + 30_000);
  });

  it.each(ofKind("PodDisruptionBudget").map((each) => [each.metadata.name, each] as const))(
    "leave something of %s when nodes are emptied",
    (name, { spec }) => {
      const deployment = deployments.find(([each]) => each === name)?.[1];
      expect(spec.maxUnavailable).toBeLessThan(deployment?.spec.replicas ?? 0);
    },
  );

  it("give routers time to drain, and the files that their flags name", async () => {
    const pod = router?.spec.template.spec;
    const [container] = pod?.containers ?? [];
    if (pod === undefined || container === undefined) throw new Error("there is no router");
    const { options } = await parseCommand(container.args ?? []);
    const drainMs = Number(options["drainDelay"]) + Number(options["drainTimeout"]);
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(drainMs + 10_000);
    const mounts = container.volumeMounts?.map(({ mountPath }) => mountPath) ?? [];
    for (const file of [options["adminTokenFile"], options["stateDir"]]) {
      expect(mounts.filter((mount) => String(file).startsWith(mount))).toHaveLength(1);
    }
    expect(probesOf(container).map(({ path }) => path)).toEqual(["/livez", "/readyz"]);
  });
});
