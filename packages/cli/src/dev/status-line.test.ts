import { describe, expect, it } from "vitest";

import { statusLine } from "./status-line.ts";

const status = {
  requestsPerSecond: 2,
  requests: 7,
  isEtcdOn: true,
  instances: [
    { id: "hello-1", state: "ready" as const },
    { id: "hello-2", state: "killed" as const, leaseLeftSeconds: 3 },
  ],
};

describe("statusLine", () => {
  it("shows requests, etcd, and each instance with what is left of a lost one's lease", () => {
    expect(statusLine(status, 100)).toBe(
      "2 req/s, 7 requests | etcd on | hello-1 ready | hello-2 killed, lease ends in 3s",
    );
    expect(statusLine({ ...status, isEtcdOn: false }, 100)).toContain("etcd OFF");
  });

  it("is cut to one line", () => {
    expect(statusLine(status, 20)).toHaveLength(19);
    expect(statusLine(status, 20)).toMatch(/…$/);
  });
});
