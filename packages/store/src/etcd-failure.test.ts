import { describe, expect, it } from "vitest";

import { readFailure } from "./etcd-failure.ts";

describe("readFailure", () => {
  it.each([
    [
      "14 UNAVAILABLE: No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ",
      "not-sent",
      "connection refused",
    ],
    ["14 UNAVAILABLE: Name resolution failed for target dns:nosuch.invalid:1", "not-sent", "no such host"],
    [
      "4 DEADLINE_EXCEEDED: Deadline exceeded after 0.501s,Waiting for LB pick",
      "not-sent",
      "no answer in time",
    ],
    ["14 UNAVAILABLE: etcdserver: no leader", "not-sent", "no leader"],
    [
      "4 DEADLINE_EXCEEDED: Deadline exceeded after 5.001s,remote_addr=127.0.0.1:2379",
      "unanswered",
      "no answer in time",
    ],
    ["14 UNAVAILABLE: Connection dropped", "unanswered", "Connection dropped"],
    ["14 UNAVAILABLE: read ECONNRESET", "unanswered", "connection reset"],
    ["14 UNAVAILABLE: etcdserver: request timed out", "unanswered", "request timed out"],
    ["14 UNAVAILABLE: etcdserver: leader changed", "unanswered", "leader changed"],
    ["7 PERMISSION_DENIED: etcdserver: permission denied", "denied", "permission denied"],
    [
      "3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password",
      "denied",
      "authentication failed, invalid user ID or password",
    ],
    [
      "8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded",
      "read-only",
      "mvcc: database space exceeded",
    ],
    ["3 INVALID_ARGUMENT: etcdserver: request is too large", "too-large", "request is too large"],
    [
      "3 INVALID_ARGUMENT: etcdserver: too many operations in txn request",
      "too-large",
      "too many operations in txn request",
    ],
    [
      "8 RESOURCE_EXHAUSTED: grpc: received message larger than max (3000000 vs. 2097152)",
      "too-large",
      "grpc: received message larger than max (3000000 vs. 2097152)",
    ],
    [
      "8 RESOURCE_EXHAUSTED: Received message larger than max (100 vs 10)",
      "too-large",
      "Received message larger than max (100 vs 10)",
    ],
    [
      "11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted",
      "compacted",
      "mvcc: required revision has been compacted",
    ],
    [
      "11 OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision",
      "future-revision",
      "mvcc: required revision is a future revision",
    ],
    ["5 NOT_FOUND: etcdserver: requested lease not found", "lease-gone", "requested lease not found"],
    ["9 FAILED_PRECONDITION: etcdserver: lease already exists", "lease-exists", "lease already exists"],
    [
      "3 INVALID_ARGUMENT: etcdserver: duplicate key given in txn request",
      "other",
      "duplicate key given in txn request",
    ],
  ])("reads %s", (message, kind, text) => {
    expect(readFailure(new Error(message))).toEqual({ kind, text });
  });
});
