// Watches that look alive. Each test waits for what takes ten seconds and more, so they run at the same time.

import { describe, expect, it } from "vitest";

import { type EtcdMember, eventually, realEtcd, startEtcd, startLink } from "@wayleave/testkit";

import { MutingRelay } from "./testing/muting-relay.ts";
import { RecordingFollower } from "./testing/recording-follower.ts";
import { portOf } from "./endpoints.ts";
import { openStore } from "./open-store.ts";
import type { Store } from "./store.ts";

const PATIENCE = { withinMs: 40_000 };

describe.skipIf(!realEtcd.isAvailable).concurrent("a follower", { timeout: 90_000 }, () => {
  it("leaves a half-open link for another endpoint, and loses nothing", async () => {
    await using etcd = await startEtcd();
    const [endpoint = ""] = etcd.endpoints;
    await using first = await startLink({ host: "127.0.0.1", port: portOf(endpoint) });
    await using second = await startLink({ host: "127.0.0.1", port: portOf(endpoint) });
    const links = [first, second];
    await using writer = openStore({ endpoints: [endpoint] });
    await using store = openStore({ endpoints: links.map(({ port }) => `http://127.0.0.1:${port}`) });
    const follower = await startFollower(store);

    const port = portOf(follower.statuses.at(-1)?.endpoint ?? "");
    links.find((link) => link.port === port)?.freeze();
    const revision = await writer.commit([{ put: "/t/a", value: "1" }]);
    await eventually(() => expect(follower.changes).toMatchObject([{ revision }]), PATIENCE);
    expect(follower.reasons).toEqual(["start"]);
    expect(portOf(follower.statuses.at(-1)?.endpoint ?? "")).not.toBe(port);
  });

  it("leaves a stream that answers but tells nothing", async () => {
    await using etcd = await startEtcd();
    const [endpoint = ""] = etcd.endpoints;
    await using relay = await MutingRelay.start(portOf(endpoint));
    await using writer = openStore({ endpoints: [endpoint] });
    await using store = openStore({ endpoints: [relay.endpoint] });
    const follower = await startFollower(store);

    relay.mute();
    const revision = await writer.commit([{ put: "/t/a", value: "1" }]);
    await eventually(() => expect(follower.changes).toMatchObject([{ revision }]), PATIENCE);
    expect(relay.dropped).toBeGreaterThan(0);
    expect(follower.statuses.map(({ reason }) => reason)).toContain("behind");
    expect(follower.reasons).toEqual(["start"]);
  });

  it("leaves a frozen member for one that answers", async () => {
    await using etcd = await startEtcd({ members: 3 });
    await using store = openStore({ endpoints: etcd.endpoints });
    const follower = await startFollower(store);

    const frozen = memberOf(follower, etcd.members);
    await frozen.freeze();
    await using writer = openStore({
      endpoints: etcd.endpoints.filter((endpoint) => endpoint !== frozen.endpoint),
    });
    const revision = await eventually(() => writer.commit([{ put: "/t/a", value: "1" }]), PATIENCE);
    await eventually(() => expect(follower.changes.at(-1)).toMatchObject({ revision }), PATIENCE);
    expect(follower.statuses.at(-1)?.endpoint).not.toBe(frozen.endpoint);
    await frozen.thaw();
  });

  it("leaves a member that lost its leader, and comes back with the others", async () => {
    await using etcd = await startEtcd({ members: 3 });
    await using store = openStore({ endpoints: etcd.endpoints });
    const follower = await startFollower(store);

    const alone = memberOf(follower, etcd.members);
    const others = etcd.members.filter((member) => member !== alone);
    await Promise.all(others.map((member) => member.freeze()));
    await eventually(() => {
      const left = follower.statuses.find(({ state }) => state === "reconnecting");
      expect(left).toMatchObject({ endpoint: alone.endpoint, reason: "failed", error: "no leader" });
    }, PATIENCE);
    await Promise.all(others.map((member) => member.thaw()));
    const revision = await eventually(() => store.commit([{ put: "/t/a", value: "1" }]), PATIENCE);
    await eventually(() => expect(follower.changes.at(-1)).toMatchObject({ revision }), PATIENCE);
    expect(follower.disorder).toEqual([]);
  });

  it("stays with a link that is merely quiet", async () => {
    await using etcd = await startEtcd();
    await using store = openStore({ endpoints: etcd.endpoints });
    const follower = await startFollower(store);
    const since = Date.now();
    await eventually(async () => {
      // Others write to the same etcd all the time, as routers do that publish their progress.
      await store.commit([{ put: "/elsewhere", value: String(Date.now()) }]);
      expect(Date.now() - since).toBeGreaterThan(25_000);
    }, PATIENCE);
    expect(follower.statuses.map(({ state }) => state)).toEqual(["listing", "live"]);
  });
});

async function startFollower(store: Store): Promise<RecordingFollower> {
  const follower = new RecordingFollower();
  store.follow("/t/", follower);
  await eventually(() => expect(follower.state).toBe("live"));
  return follower;
}

function memberOf(follower: RecordingFollower, members: readonly EtcdMember[]): EtcdMember {
  const endpoint = follower.statuses.at(-1)?.endpoint;
  const member = members.find((one) => one.endpoint === endpoint);
  if (member === undefined) throw new Error(`no member is at ${endpoint}`);
  return member;
}
