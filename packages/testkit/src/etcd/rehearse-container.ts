import { containerProcesses } from "./container-process.ts";
import { EtcdHttp } from "./etcd-http.ts";
import type { EtcdProcess } from "./etcd-process.ts";
import { Member } from "./member.ts";

const HEALTHY_WITHIN_MS = 20_000;

/**
 * Starts one etcd in a container and ends it: an engine that answers may still not run one. Resolves with the reason
 * when it does not.
 */
export async function rehearseContainer(image: string): Promise<string | undefined> {
  let processes: readonly EtcdProcess[] = [];
  try {
    processes = await containerProcesses(image, { members: 1, tls: undefined, args: [], directory: "" });
    for (const process of processes) {
      const http = new EtcdHttp(process.endpoint, undefined);
      await new Member(process, { http, healthyWithinMs: HEALTHY_WITHIN_MS }).start();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Promise.allSettled(processes.map((process) => process.remove()));
  }
}
