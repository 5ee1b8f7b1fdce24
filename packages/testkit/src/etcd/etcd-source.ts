import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { answeringEngine, pullImage } from "./container-engine.ts";
import { rehearseContainer } from "./rehearse-container.ts";

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 180_000;

/** Where tests take a real etcd from, or why there is none. */
export type EtcdSource =
  | { readonly kind: "container"; readonly image: string }
  | { readonly kind: "binary"; readonly path: string }
  | { readonly kind: "none"; readonly why: string };

/** The image that a container engine runs: the oldest release that is recommended to users. */
const ETCD_IMAGE = "quay.io/coreos/etcd:v3.6.14";

/**
 * Finds a real etcd: a container where an engine answers, else `etcd` from PATH, else (root on Debian) from
 * the distribution's packages. Never throws; slow only where it pulls or installs.
 */
export async function findEtcdSource(): Promise<EtcdSource> {
  const reasons: string[] = [];
  const engine = await answeringEngine();
  if (engine === undefined) reasons.push("no container engine answers");
  else {
    const failure = (await pullImage(ETCD_IMAGE)) ?? (await rehearseContainer(ETCD_IMAGE));
    if (failure === undefined) return { kind: "container", image: ETCD_IMAGE };
    reasons.push(`the container engine at ${engine} does not run ${ETCD_IMAGE} (${failure})`);
  }
  if (await answers("etcd")) return { kind: "binary", path: "etcd" };
  reasons.push("there is no etcd in PATH");
  const failure = await installFromDebian();
  if (failure === undefined && (await answers("etcd"))) return { kind: "binary", path: "etcd" };
  reasons.push(failure ?? "the installed etcd does not run");
  return { kind: "none", why: reasons.join(", ") };
}

async function answers(path: string): Promise<boolean> {
  try {
    await run(path, ["--version"], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

async function installFromDebian(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "only root may install one";
  // Runlevel 1: the package must not start a server of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const options = { timeout: INSTALL_TIMEOUT_MS, env };
  try {
    await run("apt-get", ["update", "-q"], options);
    await run(
      "apt-get",
      ["install", "-y", "-q", "--no-install-recommends", "etcd-server", "etcd-client"],
      options,
    );
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return `apt-get did not bring one (${reason})`;
  }
}
