import { setImmediate as nextTurn } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { type RecordChanges, type TableChange } from "../table/table-change.ts";
import { ChangeFeed, type FedWorker } from "./change-feed.ts";
import type { Outgoing } from "./outbox.ts";
import { readChanges, readRecords } from "./split-change.ts";

/** A worker that writes down what it is sent, and has it when the test says so. */
class FakeWorker implements FedWorker {
  isCounted = true;
  readonly received: string[] = [];
  #applied: (() => void)[] = [];

  prepare(messages: Iterable<Outgoing>): void {
    this.#read(messages);
  }

  apply(_sequence: number, messages: Iterable<Outgoing>): Promise<void> {
    this.#read(messages);
    return new Promise((resolve) => this.#applied.push(resolve));
  }

  hasAll(): void {
    for (const applied of this.#applied.splice(0)) applied();
  }

  #read(messages: Iterable<Outgoing>): void {
    for (const { message } of messages) {
      if (message.kind === "part") this.received.push(`part ${readRecords(message.records).routes.length}`);
      if (message.kind !== "changes") continue;
      const revisions = readChanges(message.changes).map(({ revision }) => revision);
      this.received.push(`changes ${revisions.join(",")}`);
    }
  }
}

function change(revision: number): TableChange {
  return { revision, routes: [], instances: [] };
}

function routes(count: number): RecordChanges {
  const all = Array.from({ length: count }, (_, n) => ({ host: `h${n}.example`, path: "/", route: null }));
  return { routes: all, instances: [] };
}

/** What has become of a promise by the next turn. */
async function stateOf(promise: Promise<void>): Promise<"over" | "under way"> {
  return Promise.race([promise.then(() => "over" as const), nextTurn("under way" as const)]);
}

describe("the feed of changes", () => {
  it("sends those of one turn as one message to each worker, in order", async () => {
    const workers = new Set([new FakeWorker(), new FakeWorker()]);
    const feed = new ChangeFeed(workers);
    for (const revision of [1, 2, 3]) void feed.apply(change(revision));
    await nextTurn();
    void feed.apply(change(4));
    await nextTurn();
    for (const { received } of workers) expect(received).toEqual(["changes 1,2,3", "changes 4"]);
  });

  it("says that a change is applied when every worker that takes requests has it, and not before", async () => {
    const [one, other, starting] = [new FakeWorker(), new FakeWorker(), new FakeWorker()];
    starting.isCounted = false;
    const feed = new ChangeFeed(new Set([one, other, starting]));
    const applied = feed.apply(change(1));
    await nextTurn();
    one.hasAll();
    expect(await stateOf(applied)).toBe("under way");
    other.hasAll();
    expect(await stateOf(applied)).toBe("over");
  });

  it("sends what is prepared behind the changes before it, and again to a worker that starts then", async () => {
    const worker = new FakeWorker();
    const feed = new ChangeFeed(new Set([worker]));
    void feed.apply(change(1));
    await feed.prepare(routes(3));
    const newcomer = new FakeWorker();
    newcomer.prepare(feed.preparedMessages());
    expect(feed.complete(change(2)).routes).toHaveLength(3);
    void feed.apply(change(2));
    await nextTurn();
    expect(worker.received).toEqual(["changes 1", "part 3", "changes 2"]);
    expect(newcomer.received).toEqual(["part 3"]);
    expect([...feed.preparedMessages()]).toEqual([]);
  });
});
