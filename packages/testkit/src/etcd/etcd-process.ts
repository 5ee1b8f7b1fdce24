import type { ServerTls } from "./certificates.ts";

/** The signals that a member gets. */
export type MemberSignal = "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT";

/** One etcd that can be started again on the same port and data: a process beside us, or in a container. */
export interface EtcdProcess {
  readonly name: string;
  /** The URL for clients. */
  readonly endpoint: string;
  readonly isRunning: boolean;
  /** The last part of what it wrote since it was launched. */
  readonly log: string;
  /** Starts it; does not wait until it serves. */
  launch(): Promise<void>;
  /** Resolves when the signal has had its effect: for the first two, when the process is gone. */
  signal(signal: MemberSignal): Promise<void>;
  /** Removes its data; only while it is stopped. */
  wipe(): Promise<void>;
  /** Ends it and removes everything that it had. */
  remove(): Promise<void>;
}

/** What a cluster is to be, wherever its members run. */
export interface ClusterPlan {
  readonly members: 1 | 3;
  readonly tls: ServerTls | undefined;
  readonly args: readonly string[];
  /** An empty directory that goes away by itself. */
  readonly directory: string;
}

/** Where one member listens, and under which URLs clients and the other members reach it. */
export interface MemberUrls {
  readonly name: string;
  readonly listenClient: string;
  readonly advertiseClient: string;
  readonly listenPeer: string;
  readonly advertisePeer: string;
}

/** The command line of one member, without its data directory. */
export function memberArgs(member: MemberUrls, all: readonly MemberUrls[], plan: ClusterPlan): string[] {
  const everybody = all.map(({ name, advertisePeer }) => `${name}=${advertisePeer}`).join(",");
  return [
    `--name=${member.name}`,
    `--listen-client-urls=${member.listenClient}`,
    `--advertise-client-urls=${member.advertiseClient}`,
    `--listen-peer-urls=${member.listenPeer}`,
    `--initial-advertise-peer-urls=${member.advertisePeer}`,
    `--initial-cluster=${everybody}`,
    "--initial-cluster-state=new",
    ...tlsArgs(plan.tls),
    ...plan.args,
  ];
}

function tlsArgs(tls: ServerTls | undefined): string[] {
  if (tls === undefined) return [];
  const server = [`--cert-file=${tls.certificate}`, `--key-file=${tls.key}`];
  return tls.asksForCertificate ? [...server, "--client-cert-auth", `--trusted-ca-file=${tls.ca}`] : server;
}

const LOG_CHARACTERS_KEPT = 64 * 1024;

/** Adds to a log and forgets its beginning. */
export function appendToLog(log: string, chunk: Buffer | string): string {
  return (log + chunk.toString()).slice(-LOG_CHARACTERS_KEPT);
}
