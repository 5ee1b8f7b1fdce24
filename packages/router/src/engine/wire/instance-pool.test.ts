import { afterAll, describe, expect, it } from "vitest";

import { Deadlines } from "./deadlines.ts";
import { FAKE_INSTANCE, createFakeWire } from "./fake-wire.ts";
import { InstanceConnection } from "./instance-connection.ts";
import type { AnswerReceiver } from "./relay-instance.ts";

const deadlines = new Deadlines();
afterAll(() => deadlines.destroy());

const NOBODY: AnswerReceiver = {
  isHead: false,
  isRequestWhole: true,
  onConnected: () => undefined,
  onInstanceDrain: () => undefined,
  onInterim: () => undefined,
  onAnswerHead: () => undefined,
  onAnswerBody: () => undefined,
  onEarlyAnswerEnd: () => undefined,
  onAnswerEnd: () => undefined,
  onUpgrade: () => undefined,
  onInstanceFailed: () => undefined,
  onDefect: () => undefined,
};

function createPool() {
  const wire = createFakeWire(deadlines);
  const connect = (): InstanceConnection => new InstanceConnection(wire.shared, FAKE_INSTANCE, NOBODY);
  const ended = (): number => wire.instances.filter((fake) => fake.isEnded()).length;
  return { pool: wire.shared.pool, connect, ended, authority: FAKE_INSTANCE.authority };
}

describe("the pool of connections to instances", () => {
  it("gives the one that was used last, and each only once", () => {
    const { pool, connect } = createPool();
    const [first, second] = [connect(), connect()];
    pool.give(first);
    pool.give(second);
    expect(pool.take(FAKE_INSTANCE)).toBe(second);
    expect(pool.take(FAKE_INSTANCE)).toBe(first);
    expect(pool.take(FAKE_INSTANCE)).toBeUndefined();
  });

  it("does not give one that was removed", () => {
    const { pool, connect } = createPool();
    const [first, second] = [connect(), connect()];
    pool.give(first);
    pool.give(second);
    pool.remove(second);
    expect(pool.take(FAKE_INSTANCE)).toBe(first);
    expect(pool.take(FAKE_INSTANCE)).toBeUndefined();
  });

  it("has a limit", () => {
    const { pool, connect } = createPool();
    const taken = Array.from({ length: 300 }, () => pool.give(connect()));
    expect(taken.filter(Boolean)).toHaveLength(256);
  });

  it("cuts the idle connections of an instance that is dropped", () => {
    const { pool, connect, ended, authority } = createPool();
    pool.give(connect());
    pool.drop("127.0.0.1:2");
    expect(ended()).toBe(0);
    pool.drop(authority);
    expect(ended()).toBe(1);
    expect(pool.take(FAKE_INSTANCE)).toBeUndefined();
  });

  it("cuts what is idle and what is leaving when it ends, and takes nothing more", () => {
    const { pool, connect, ended } = createPool();
    pool.give(connect());
    connect().release();
    pool.destroy();
    expect(ended()).toBe(2);
    expect(pool.give(connect())).toBe(false);
  });
});
