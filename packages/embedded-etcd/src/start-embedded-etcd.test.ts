import { once } from "node:events";
import { Duplex } from "node:stream";

import { eventually } from "@wayleave/testkit";
import { Etcd3, type IWatchResponse } from "etcd3";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { type EmbeddedEtcd, startEmbeddedEtcd } from "./start-embedded-etcd.ts";

let etcd: EmbeddedEtcd;
let client: Etcd3;

beforeEach(async () => {
  etcd = await startEmbeddedEtcd();
  client = new Etcd3({ hosts: etcd.endpoint, grpcOptions: { "grpc.max_receive_message_length": -1 } });
});

afterEach(async () => {
  client.close();
  await etcd.close();
});

const A = Buffer.from("a");
const ALL = { key: Buffer.of(0), range_end: Buffer.of(0) };

interface Watching {
  readonly stream: Duplex;
  readonly answers: readonly IWatchResponse[];
  readonly ended: Promise<Error>;
}

/** The raw stream; etcd3's type shows only a part of it. */
function duplex(stream: unknown): Duplex {
  if (stream instanceof Duplex) return stream;
  throw new Error("etcd3 gave something else than a stream");
}

async function openWatch(): Promise<Watching> {
  const stream = duplex(await client.watchClient.watch());
  const answers: IWatchResponse[] = [];
  stream.on("data", (answer: IWatchResponse) => answers.push(answer));
  const ended = new Promise<Error>((resolve) => stream.on("error", resolve));
  return { stream, answers, ended };
}

function eventsOf(answers: readonly IWatchResponse[]): string[] {
  return answers.flatMap(({ events }) => events.map(({ type, kv }) => `${type} ${kv.key.toString()}`));
}

describe("an embedded etcd", () => {
  it("refuses to start in production, and on an address that others can reach", async () => {
    vi.stubEnv("NODE_ENV", "production");
    await expect(startEmbeddedEtcd()).rejects.toThrow("NODE_ENV=production");
    vi.unstubAllEnvs();
    const settings = Object({ host: "0.0.0.0" });
    await expect(startEmbeddedEtcd(settings)).rejects.toThrow("loopback only, not on 0.0.0.0");
  });

  it("keeps its keys and leases while it is stopped, and gives each lease its whole TTL again", async () => {
    const { ID: lease } = await client.leaseClient.leaseGrant({ TTL: 2 });
    await client.kv.put({ key: A, value: Buffer.from("1"), lease });
    const before = await client.leaseClient.leaseTimeToLive({ ID: lease });

    await etcd.stop();
    const refused = new Etcd3({
      hosts: etcd.endpoint,
      defaultCallOptions: () => ({ deadline: Date.now() + 2_000 }),
    });
    await expect(refused.get("a")).rejects.toThrow("ECONNREFUSED");
    refused.close();
    await etcd.start();

    const again = new Etcd3({ hosts: etcd.endpoint });
    expect(await again.get("a").string()).toBe("1");
    const after = await again.leaseClient.leaseTimeToLive({ ID: lease });
    expect(Number(after.TTL)).toBeGreaterThanOrEqual(Number(before.TTL));
    // Nobody keeps it alive: now it runs out.
    await eventually(async () => expect(await again.get("a").string()).toBeNull(), {
      what: "the lease runs out",
    });
    again.close();
  });

  it("says when its port is taken", async () => {
    await expect(startEmbeddedEtcd({ port: etcd.port })).rejects.toThrow(
      new RegExp(`cannot listen on 127.0.0.1:${etcd.port}: .*EADDRINUSE`),
    );
  });

  it("is another cluster at every start", async () => {
    await using other = await startEmbeddedEtcd();
    const otherClient = new Etcd3({ hosts: other.endpoint });
    const [one, two] = await Promise.all([client.kv.range(ALL), otherClient.kv.range(ALL)]);
    otherClient.close();
    expect(one.header.cluster_id).not.toBe(two.header.cluster_id);
  });

  it("loads 100,000 keys and gives all of them in one answer", { timeout: 120_000 }, async () => {
    const value = Buffer.from("x".repeat(100));
    for (let first = 0; first < 100_000; first += 125) {
      const puts = Array.from({ length: 125 }, (_, n) => {
        // Not in the order of their names.
        const name = ((first + n) * 7_919) % 100_000;
        return { request_put: { key: Buffer.from(`k/${String(name).padStart(6, "0")}`), value } };
      });
      await client.kv.txn({ success: puts });
    }
    const { kvs, count, header } = await client.kv.range(ALL);
    expect([count, kvs.length, header.revision]).toEqual(["100000", 100_000, "801"]);
    expect(kvs[4_711]?.key.toString()).toBe("k/004711");
  });

  it("refuses requests above etcd's sizes", async () => {
    const puts = Array.from({ length: 129 }, (_, n) => ({ request_put: { key: Buffer.from(String(n)) } }));
    await expect(client.kv.txn({ success: puts })).rejects.toThrow("too many operations in txn request");
    await client.kv.put({ key: A, value: Buffer.alloc(1_500_000) });
    const tooLarge = client.kv.put({ key: A, value: Buffer.alloc(1_600_000) });
    await expect(tooLarge).rejects.toThrow("request is too large");
    const beyondGrpc = client.kv.put({ key: A, value: Buffer.alloc(2_100_000) });
    await expect(beyondGrpc).rejects.toThrow("larger than max");
  });

  it("ends a lease in time, with all its keys in one revision", async () => {
    const { ID } = await client.leaseClient.leaseGrant({ TTL: 1 });
    const { stream, answers } = await openWatch();
    stream.write({ create_request: ALL });
    await client.kv.put({ key: A, lease: ID });
    await client.kv.put({ key: Buffer.from("b"), lease: ID });
    await eventually(() => expect(eventsOf(answers)).toEqual(["Put a", "Put b", "Delete a", "Delete b"]));
    expect(answers.at(-1)?.events.map(({ kv }) => kv.mod_revision)).toEqual(["4", "4"]);
    expect((await client.leaseClient.leaseTimeToLive({ ID })).TTL).toBe("-1");
    stream.destroy();
  });

  it("keeps a lease for as long as it is kept alive", async () => {
    const { ID } = await client.leaseClient.leaseGrant({ TTL: 100 });
    const keepAlive = duplex(await client.leaseClient.leaseKeepAlive());
    keepAlive.write({ ID });
    const [answer] = await once(keepAlive, "data");
    expect(answer).toMatchObject({ ID, TTL: "100" });
    keepAlive.end();
    await once(keepAlive, "end");
  });
});

describe("a watch stream of the embedded etcd", () => {
  it("carries several watches, and shows each only what it asked for", async () => {
    const { stream, answers } = await openWatch();
    stream.write({ create_request: { key: A, watch_id: 7 } });
    stream.write({ create_request: { ...ALL, watch_id: 8, filters: ["Noput"] } });
    await client.kv.put({ key: A });
    await client.kv.deleteRange(ALL);
    await eventually(() => expect(answers).toHaveLength(5));
    const of = (id: string): string[] => eventsOf(answers.filter(({ watch_id }) => watch_id === id));
    expect([of("7"), of("8")]).toEqual([["Put a", "Delete a"], ["Delete a"]]);
    stream.write({ cancel_request: { watch_id: 7 } });
    await eventually(() => expect(answers.at(-1)).toMatchObject({ watch_id: "7", canceled: true }));
    await client.kv.put({ key: A });
    await client.kv.deleteRange(ALL);
    await eventually(() => expect(of("8")).toEqual(["Delete a", "Delete a"]));
    expect(of("7")).toHaveLength(2);
    stream.destroy();
  });

  it("cuts a large answer into fragments when it is asked to", async () => {
    const value = Buffer.alloc(1024 * 1024);
    for (const key of ["a", "b", "c", "d", "e"]) await client.kv.put({ key: Buffer.from(key), value });
    const { stream, answers } = await openWatch();
    stream.write({ create_request: { ...ALL, start_revision: 1, fragment: true } });
    await eventually(() => expect(eventsOf(answers)).toHaveLength(5));
    expect(answers.slice(1).map(({ fragment }) => fragment)).toEqual([true, true, true, true, false]);
    stream.destroy();
  });

  it("answers a request for progress after all events", async () => {
    const { stream, answers } = await openWatch();
    for (let n = 0; n < 50; n++) await client.kv.put({ key: A });
    stream.write({ create_request: { ...ALL, start_revision: 1 } });
    stream.write({ progress_request: {} });
    await eventually(() =>
      expect(answers.at(-1)).toMatchObject({ watch_id: "-1", header: { revision: "51" } }),
    );
    expect(eventsOf(answers)).toHaveLength(50);
    stream.destroy();
  });

  it("loses nothing for a client that reads slowly", async () => {
    const { stream, answers } = await openWatch();
    stream.write({ create_request: ALL });
    await eventually(() => expect(answers).toHaveLength(1));
    stream.pause();
    const value = Buffer.alloc(100_000);
    for (let n = 0; n < 200; n++) await client.kv.put({ key: Buffer.from(`k${n}`), value });
    stream.resume();
    await eventually(() => expect(eventsOf(answers)).toHaveLength(200));
    expect(eventsOf(answers)).toEqual(Array.from({ length: 200 }, (_, n) => `Put k${n}`));
    stream.destroy();
  });

  it("tells a slow client that what it did not read was compacted", async () => {
    const { stream, answers } = await openWatch();
    for (let n = 0; n < 5; n++) await client.kv.put({ key: A });
    await client.kv.compact({ revision: 4 });
    stream.write({ create_request: { key: A, start_revision: 2 } });
    await eventually(() => {
      expect(answers.at(-1)).toMatchObject({
        canceled: true,
        compact_revision: "4",
        header: { revision: "0" },
      });
    });
    stream.destroy();
  });

  it("ends when the server is closed, which may be done again", async () => {
    const { stream, answers, ended } = await openWatch();
    stream.write({ create_request: ALL });
    await eventually(() => expect(answers).toHaveLength(1));
    await etcd.close();
    expect(String(await ended)).toContain("14 UNAVAILABLE");
    await etcd.close();
    etcd.destroy();
  });
});
