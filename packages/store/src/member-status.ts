import type { IStatusResponse } from "etcd3";

import type { Connection } from "./connection.ts";
import { readFailure } from "./etcd-failure.ts";
import { readRevision } from "./revision.ts";
import type { MemberStatus } from "./store.ts";

/** Asks one endpoint for its own state. Never rejects: what is wrong is in the answer. */
export async function memberStatus(connection: Connection, timeoutMs: number): Promise<MemberStatus> {
  const { endpoint } = connection;
  try {
    await connection.load();
    const since = performance.now();
    const answer = await connection.callAlone((etcd) => etcd.maintenance.status(), timeoutMs);
    const latencyMs = performance.now() - since;
    return { endpoint, isReachable: true, latencyMs, ...readStatus(answer) };
  } catch (error) {
    return { endpoint, isReachable: false, error: readFailure(error).text };
  }
}

function readStatus(answer: IStatusResponse): Partial<MemberStatus> {
  const { header, version, leader, dbSize, errors } = answer;
  return {
    version,
    isLeader: leader === header.member_id,
    revision: readRevision(header.revision),
    dbBytes: Number(dbSize),
    alarms: alarmsOf(errors, header.member_id),
  };
}

// etcd tells the alarms of all members, as text ("memberID:123 alarm:NOSPACE "), and that there is no leader.
function alarmsOf(errors: readonly string[], memberId: string): string[] {
  return errors.flatMap((text) => {
    const alarm = /memberID:(?<member>\d+) alarm:(?<name>\w+)/.exec(text)?.groups;
    if (alarm === undefined) return text.replace(/^etcdserver: /, "");
    return alarm["member"] === memberId ? (alarm["name"] ?? []) : [];
  });
}
