import type { UntypedServiceImplementation } from "@grpc/grpc-js";

import { etcdError } from "./etcd-error.ts";
import type { EtcdState } from "./etcd-state.ts";
import { unary } from "./unary.ts";

/** What this server calls itself: as a version, and as the only member of its cluster. */
const EMBEDDED_VERSION = "3.6.0+wayleave.embedded";
const MEMBER_NAME = "wayleave-embedded-etcd";

/** What etcd's maintenance service has for a store in memory: its status, and that no alarm is raised. */
export function maintenanceService(state: EtcdState): UntypedServiceImplementation {
  return {
    status: unary(() => {
      const { revision } = state.store;
      const bytes = state.store.byteSize();
      const header = state.header();
      return {
        header,
        version: EMBEDDED_VERSION,
        dbSize: bytes,
        dbSizeInUse: bytes,
        leader: state.memberId,
        raftIndex: revision,
        raftAppliedIndex: revision,
        raftTerm: header.raftTerm,
      };
    }),
    alarm: unary(() => ({ header: state.header(), alarms: [] })),
    defragment: unary(() => ({ header: state.header() })),
  };
}

/** etcd's cluster service: one member, which clients reach at `endpoint()`. */
export function clusterService(state: EtcdState, endpoint: () => string): UntypedServiceImplementation {
  return {
    memberList: unary(() => ({
      header: state.header(),
      members: [{ ID: state.memberId, name: MEMBER_NAME, peerURLs: [], clientURLs: [endpoint()] }],
    })),
  };
}

/** etcd's auth service as it answers while users are off. */
export function authService(state: EtcdState): UntypedServiceImplementation {
  return {
    authStatus: unary(() => ({ header: state.header(), enabled: false, authRevision: 1 })),
    authenticate: unary(() => {
      throw etcdError("auth-not-enabled");
    }),
  };
}
