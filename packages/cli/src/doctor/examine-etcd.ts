// What etcd tells of itself: its members, their space, and their clocks. Each function judges; none asks.

import type { Member, MemberStatus, MemberVitals } from "@wayleave/store";

import { type Check, type Finding, fail, named, ok, warn } from "./check.ts";
import { examineClock } from "./examine-clock.ts";
import { examineVersions } from "./examine-version.ts";

const SLOW_MS = 100;
const NEARLY_FULL = 0.8;
const FULL = 0.95;
/** A history of so many revisions without one compaction is nobody's plan. */
const LONG_HISTORY = 10_000;
const MIB = 1024 * 1024;

/** What etcd answered. */
export interface EtcdFacts {
  readonly statuses: readonly MemberStatus[];
  /** The cluster's own list; undefined when it was refused. */
  readonly members: readonly Member[] | undefined;
  readonly vitals: readonly MemberVitals[];
}

/** Judges etcd. Pure. */
export function examineEtcd({ statuses, members, vitals }: EtcdFacts): Check[] {
  const answering = statuses.filter(({ isReachable }) => isReachable);
  const endpoints = statuses.map((status) => named("endpoint", status.endpoint, examineEndpoint(status)));
  if (answering.length === 0) return endpoints;
  const isEmbedded = answering.some(({ version }) => version?.includes("embedded"));
  return [
    ...endpoints,
    named("version", "", examineVersions(answering.flatMap(({ version }) => version ?? []))),
    named("members", "", examineMembers(statuses, members)),
    named("alarms", "", examineAlarms(answering)),
    // The etcd of `wayleave dev` keeps nothing on disk, and has no HTTP.
    ...(isEmbedded ? [] : vitals.flatMap((one) => examineVitals(one, answering))),
  ];
}

function examineEndpoint({ isReachable, error, latencyMs = 0, isLeader }: MemberStatus): Finding {
  if (!isReachable) {
    return fail(
      `does not answer: ${error ?? "no reason"}`,
      "is it running, is the address right, does a firewall or a certificate stand between?",
    );
  }
  const says = `${isLeader ? "the leader" : "a follower"}, answers in ${latencyMs.toFixed(1)} ms`;
  if (latencyMs <= SLOW_MS) return ok(says);
  return warn(says, "look at its disk and CPU, and at the network between: etcd wants a few milliseconds");
}

function examineMembers(statuses: readonly MemberStatus[], members: readonly Member[] | undefined): Finding {
  const hasLeader = statuses.some(({ isLeader }) => isLeader);
  const isLeaderless = statuses.some(({ alarms = [] }) =>
    alarms.some((alarm) => alarm.includes("no leader")),
  );
  const size = members?.length ?? statuses.length;
  if (isLeaderless || (!hasLeader && statuses.length >= size)) {
    return fail(
      "no member is the leader: nothing can be written",
      "bring back more than half of the members",
    );
  }
  if (members === undefined) return warn("the list of members was refused", "give this user the right to it");
  const says = `${size} ${size === 1 ? "member" : "members"}`;
  if (statuses.length < size) {
    const all = members.flatMap(({ endpoints }) => endpoints).join(",");
    return warn(
      `${says}, --etcd names ${statuses.length}`,
      `name all of them, to survive the loss of one: ${all}`,
    );
  }
  if (size === 1) return ok(`${says}: three or five survive the loss of one`);
  if (size % 2 === 0) return warn(`${says}: no more may fail than of ${size - 1}`, "run three or five");
  return ok(`${says}, one of them the leader`);
}

function examineAlarms(statuses: readonly MemberStatus[]): Finding {
  const alarms = statuses.flatMap(({ endpoint, alarms: raised = [] }) =>
    raised.map((alarm) => ({ alarm, text: `${alarm} at ${endpoint}` })),
  );
  if (alarms.length === 0) return ok("none is raised");
  const says = alarms.map(({ text }) => text).join(", ");
  if (alarms.some(({ alarm }) => alarm === "NOSPACE")) {
    return fail(
      `${says}: etcd is read-only`,
      "compact, `etcdctl defrag` each member, then `etcdctl alarm disarm`: docs/etcd.md",
    );
  }
  return fail(says, "see etcd's manual on this alarm; a CORRUPT member is to be replaced");
}

function examineVitals(vitals: MemberVitals, statuses: readonly MemberStatus[]): Check[] {
  const { endpoint, error } = vitals;
  const status = statuses.find((one) => one.endpoint === endpoint);
  if (status === undefined) return [];
  if (error !== undefined) {
    const finding = warn(
      `its quota, compaction and clock are not known: ${error}`,
      `look yourself: curl ${endpoint}/metrics`,
    );
    return [named("metrics", endpoint, finding)];
  }
  return [
    named("quota", endpoint, examineQuota(status.dbBytes, vitals.quotaBytes)),
    named("compaction", endpoint, examineCompaction(status.revision, vitals.compactedRevision)),
    named("clock", endpoint, examineClock(vitals.clockAheadMs)),
  ];
}

function examineQuota(bytes: number | undefined, quotaBytes: number | undefined): Finding {
  if (bytes === undefined || quotaBytes === undefined || quotaBytes <= 0)
    return warn("the quota is not known", "see --quota-backend-bytes of etcd");
  const share = bytes / quotaBytes;
  const says = `${(bytes / MIB).toFixed(1)} of ${(quotaBytes / MIB).toFixed(0)} MiB used (${Math.round(share * 100)} %)`;
  const todo = "compact, `etcdctl defrag`, or raise --quota-backend-bytes: a full etcd is read-only";
  if (share >= FULL) return fail(says, todo);
  return share >= NEARLY_FULL ? warn(says, todo) : ok(says);
}

// etcd tells nobody how it is set; what it has done by now tells it well enough.
function examineCompaction(revision: number | undefined, compacted: number | undefined): Finding {
  if (revision === undefined || compacted === undefined)
    return warn(
      "it is not known whether the history is compacted",
      "see --auto-compaction-retention of etcd",
    );
  if (compacted > 0) return ok(`the history before revision ${compacted} of ${revision} is compacted`);
  if (revision < LONG_HISTORY) return ok(`not needed yet, at revision ${revision}`);
  return warn(
    `${revision} revisions, and never compacted: the store grows until it is full`,
    "start etcd with --auto-compaction-mode=periodic --auto-compaction-retention=1h",
  );
}
