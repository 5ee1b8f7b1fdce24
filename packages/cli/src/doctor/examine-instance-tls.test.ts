import { keysUnder } from "@wayleave/records";
import { expect, it } from "vitest";

import { parseTable } from "../reading/read-table.ts";
import { examineInstanceTls } from "./examine-instance-tls.ts";

const keys = keysUnder();

function examine(records: Readonly<Record<string, object>>) {
  const stored = Object.entries(records).map(([key, value]) => ({
    key,
    value: JSON.stringify(value),
    createRevision: 1,
    modRevision: 1,
    version: 1,
    lease: "0",
  }));
  return examineInstanceTls(parseTable(keys, stored, 1));
}

const instance = { [keys.instance("shop", "1")]: { address: "10.0.0.1", port: 443, protocol: "https" } };
const route = {
  [keys.route("a.example", "/")]: { to: [{ app: "shop" }], instanceTls: { clientCertificate: "router" } },
};

it("says nothing of tables without TLS to instances", () => {
  expect(examine({ [keys.instance("shop", "1")]: { address: "10.0.0.1", port: 80 } })).toEqual([]);
});

it("counts the instances that speak TLS", () => {
  expect(examine(instance)).toMatchObject([
    { check: "instance-tls", verdict: "ok", says: "1 instance speaks TLS" },
  ]);
});

it("warns of certificates that routes show to instances and that are not there", () => {
  expect(examine({ ...instance, ...route })).toMatchObject([
    { verdict: "warn", says: expect.stringContaining("not in etcd: router"), todo: expect.any(String) },
  ]);
});
