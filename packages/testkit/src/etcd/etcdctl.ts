import { execFileSync } from "node:child_process";

/**
 * Whether there is an `etcdctl` to test with: where etcd comes as a container, there may be none. Throws on CI when there
 * is none: what is skipped there without a word is tested nowhere.
 */
export function isEtcdctlThere(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  try {
    execFileSync("etcdctl", ["version"], { stdio: "ignore", env: { ...env, ETCDCTL_API: "3" } });
    return true;
  } catch (error) {
    if (env["CI"] !== "true") return false;
    throw new Error("there is no etcdctl to test with", { cause: error });
  }
}
