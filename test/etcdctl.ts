import { execFileSync } from "node:child_process";

/** Whether there is an `etcdctl` to test with: where etcd comes as a container, there may be none. */
export function isEtcdctlThere(): boolean {
  try {
    execFileSync("etcdctl", ["version"], { stdio: "ignore", env: { ...process.env, ETCDCTL_API: "3" } });
    return true;
  } catch {
    return false;
  }
}
