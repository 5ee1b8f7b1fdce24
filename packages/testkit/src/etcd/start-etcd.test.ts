import { describe, expect, it } from "vitest";

import { eventually } from "../eventually.ts";
import { EtcdHttp } from "./etcd-http.ts";
import { realEtcd } from "./real-etcd.ts";
import { type EtcdCluster, startEtcd } from "./start-etcd.ts";

const key = Buffer.from("a").toString("base64");

function httpOf(etcd: EtcdCluster, member = 0): EtcdHttp {
  return new EtcdHttp(etcd.endpoints[member] ?? "", etcd.tls);
}

function put(etcd: EtcdCluster): Promise<unknown> {
  return httpOf(etcd).call("/v3/kv/put", { key, value: key });
}

async function has(etcd: EtcdCluster, member = 0): Promise<boolean> {
  const answer = await httpOf(etcd, member).call("/v3/kv/range", { key });
  return "kvs" in answer;
}

describe.skipIf(!realEtcd.isAvailable)("a real etcd", () => {
  it("keeps port and data over a stop and a kill, and loses the data when it is wiped", async () => {
    await using etcd = await startEtcd();
    const [member] = etcd.members;
    await put(etcd);
    await member?.stop();
    await member?.start();
    expect(await has(etcd)).toBe(true);
    await member?.kill();
    await member?.start();
    expect(await has(etcd)).toBe(true);
    await member?.stop();
    await member?.wipe();
    await member?.start();
    expect(await has(etcd)).toBe(false);
  });

  it("answers nothing while it is frozen, and can be stopped all the same", async () => {
    await using etcd = await startEtcd();
    await etcd.members[0]?.freeze();
    expect(await httpOf(etcd).isHealthy()).toBe(false);
    await etcd.members[0]?.thaw();
    await eventually(async () => expect(await httpOf(etcd).isHealthy()).toBe(true));
    await etcd.members[0]?.freeze();
    await etcd.members[0]?.stop();
    await etcd.members[0]?.start();
  });

  it("refuses to wipe a member that runs", async () => {
    await using etcd = await startEtcd();
    await expect(etcd.members[0]?.wipe()).rejects.toThrow("member-1 runs");
  });

  it("goes on with one member of three killed, and takes it back", async () => {
    await using etcd = await startEtcd({ members: 3 });
    await etcd.members[2]?.kill();
    await eventually(() => put(etcd));
    await etcd.members[2]?.start();
    expect(await has(etcd, 2)).toBe(true);
  });

  it("asks for a user when auth is on", async () => {
    await using etcd = await startEtcd({ auth: { username: "wayleave", password: "s3cret" } });
    await expect(has(etcd)).rejects.toThrow("user name is empty");
    const login = await httpOf(etcd).call("/v3/auth/authenticate", { name: "wayleave", password: "s3cret" });
    expect(login).toHaveProperty("token");
  });

  it("speaks TLS", async () => {
    await using etcd = await startEtcd({ tls: "server" });
    await put(etcd);
    expect(await has(etcd)).toBe(true);
    expect(etcd.endpoints[0]).toMatch(/^https:/);
  });

  it("asks for a client certificate when TLS is mutual", async () => {
    await using etcd = await startEtcd({ tls: "mutual" });
    expect(await httpOf(etcd).isHealthy()).toBe(true);
    const stranger = { ...etcd, tls: etcd.tls && { ca: etcd.tls.ca, files: etcd.tls.files } };
    expect(await new EtcdHttp(etcd.endpoints[0] ?? "", stranger.tls).isHealthy()).toBe(false);
  });

  it("shows its last log lines when it does not become healthy", async () => {
    await expect(startEtcd({ args: ["--no-such-flag"] })).rejects.toThrow(
      /member-1 at .* ended:[^]*no-such-flag/,
    );
  });
});
