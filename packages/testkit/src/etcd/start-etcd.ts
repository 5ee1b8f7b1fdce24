import { rm } from "node:fs/promises";

import { temporaryDirectory } from "../process/guard.ts";
import { type EtcdTls, makeCertificates } from "./certificates.ts";
import { containerProcesses } from "./container-process.ts";
import { EtcdHttp } from "./etcd-http.ts";
import type { ClusterPlan, EtcdProcess } from "./etcd-process.ts";
import { localProcesses } from "./local-process.ts";
import { type EtcdMember, Member } from "./member.ts";
import { etcdSource } from "./real-etcd.ts";

/** What kind of etcd to start. */
export interface EtcdOptions {
  /** Default 1. */
  readonly members?: 1 | 3;
  /** Turns users on, with this one as an administrator (role `root`). */
  readonly auth?: EtcdUser;
  /** `mutual`: etcd also asks the client for a certificate. */
  readonly tls?: "server" | "mutual";
  /** More arguments for every member, e.g. `--quota-backend-bytes=2097152`. */
  readonly args?: readonly string[];
  /** How long a member may take to become healthy, each time it starts. Default 30,000. */
  readonly healthyWithinMs?: number;
}

/** Who may use an etcd that has users. */
export interface EtcdUser {
  readonly username: string;
  readonly password: string;
}

/** A real etcd of one or three members, on loopback, with data that goes away. */
export interface EtcdCluster {
  readonly endpoints: string[];
  readonly members: EtcdMember[];
  /** Who may use it, when `auth` was asked for. */
  readonly auth?: EtcdUser;
  /** What a client needs, when `tls` was asked for. */
  readonly tls?: EtcdTls;
  /** Ends all members at once and removes their data. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const ATTEMPTS = 5;
const HEALTHY_WITHIN_MS = 30_000;

/**
 * Starts a real etcd and resolves when all its members are healthy. Throws with the log of a member that is not, and
 * with the reason where there is no etcd to start.
 */
export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdCluster> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnFreePorts(options);
    } catch (error) {
      if (attempt === ATTEMPTS || !isPortClash(error)) throw error;
    }
  }
}

// Somebody took a port between our look and etcd's. The second text is a container engine's.
function isPortClash(error: unknown): boolean {
  return error instanceof Error && /address already in use|port is already allocated/.test(error.message);
}

async function startOnFreePorts(options: EtcdOptions): Promise<EtcdCluster> {
  const directory = temporaryDirectory("etcd");
  const certificates = options.tls && (await makeCertificates(directory, options.tls));
  const { members: count = 1, args = [], healthyWithinMs = HEALTHY_WITHIN_MS } = options;
  const processes = await planProcesses({ members: count, tls: certificates?.server, args, directory });
  const members = processes.map((process) => {
    return new Member(process, {
      http: new EtcdHttp(process.endpoint, certificates?.client),
      healthyWithinMs,
    });
  });
  const close = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.remove()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await startAll(members);
    if (options.auth && members[0]) await turnUsersOn(members[0].http, options.auth);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    endpoints: members.map((member) => member.endpoint),
    members,
    ...(options.auth && { auth: options.auth }),
    ...(certificates && { tls: certificates.client }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

// Waits for all, also when one fails: who removes them must not meet one that is just starting.
async function startAll(members: readonly Member[]): Promise<void> {
  const starts = await Promise.allSettled(members.map((member) => member.start()));
  for (const start of starts) if (start.status === "rejected") throw start.reason;
}

async function planProcesses(plan: ClusterPlan): Promise<EtcdProcess[]> {
  const source = await etcdSource();
  switch (source.kind) {
    case "none":
      throw new Error(`there is no etcd to start: ${source.why}`);
    case "binary":
      return localProcesses(source.path, plan);
    case "container":
      return containerProcesses(source.image, plan);
  }
}

async function turnUsersOn(http: EtcdHttp, { username, password }: EtcdUser): Promise<void> {
  // etcd turns users on only when there is one named root.
  for (const name of new Set(["root", username])) {
    await http.call("/v3/auth/user/add", { name, password });
    if (name === "root") await http.call("/v3/auth/role/add", { name: "root" });
    await http.call("/v3/auth/user/grant", { user: name, role: "root" });
  }
  await http.call("/v3/auth/enable", {});
}
