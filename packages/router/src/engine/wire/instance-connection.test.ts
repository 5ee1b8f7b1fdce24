import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Deadlines } from "./deadlines.ts";
import { FAKE_INSTANCE, type FakeWire, createFakeWire } from "./fake-wire.ts";
import { InstanceConnection } from "./instance-connection.ts";
import type { AnswerReceiver } from "./relay-instance.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";

describe("a connection to an instance", () => {
  let deadlines: Deadlines;
  let wire: FakeWire;
  let heard: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    deadlines = new Deadlines();
    wire = createFakeWire(deadlines);
    heard = [];
  });
  afterEach(() => {
    deadlines.destroy();
    vi.useRealTimers();
  });

  const receiver = (isRequestWhole = true): AnswerReceiver => ({
    isHead: false,
    isRequestWhole,
    onConnected: () => heard.push("connected"),
    onInstanceDrain: () => undefined,
    onInterim: ({ status }) => heard.push(`interim ${status}`),
    onAnswerHead: ({ status }) => heard.push(`head ${status}`),
    onAnswerBody: (bytes, from, to) => heard.push(`body ${bytes.toString("latin1", from, to)}`),
    onEarlyAnswerEnd: () => heard.push("early end"),
    onAnswerEnd: () => heard.push("end"),
    onUpgrade: () => undefined,
    onInstanceFailed: (failure) => heard.push(failure),
    onDefect: (error) => {
      throw error;
    },
  });

  function connect(isRequestWhole?: boolean): {
    connection: InstanceConnection;
    says: (text: string) => void;
    isEnded: () => boolean;
    emit: (event: string) => void;
  } {
    const connection = new InstanceConnection(wire.shared, FAKE_INSTANCE, receiver(isRequestWhole));
    const fake = wire.instances.at(-1);
    fake?.socket.emit("connect");
    const says = (text: string): void => connection.onBytes(Buffer.from(text, "latin1"), text.length);
    return {
      connection,
      says,
      isEnded: () => fake?.isEnded() ?? false,
      emit: (event) => fake?.socket.emit(event),
    };
  }

  const taken = (): InstanceConnection | undefined => wire.shared.pool.take(FAKE_INSTANCE);

  it("rests in the pool after a whole answer, and serves the next exchange", () => {
    const { connection, says } = connect();
    connection.send("GET");
    says(`${OK}\r\nhi`);
    expect(heard).toEqual(["connected", "head 200", "body hi", "end"]);
    expect(taken()).toBe(connection);
    connection.reuse(FAKE_INSTANCE, receiver());
    expect(connection.isUnusedSinceKept).toBe(true);
    says(`${OK}\r\nho`);
    expect(heard.slice(4)).toEqual(["head 200", "body ho", "end"]);
    expect(connection.isUnusedSinceKept).toBe(false);
  });

  it("does not rest when the answer says so, or when its instance is withdrawn", () => {
    const closing = connect();
    closing.says(`${OK}Connection: close\r\n\r\nhi`);
    expect(closing.isEnded()).toBe(true);
    FAKE_INSTANCE.isGone = true;
    const gone = connect();
    gone.says(`${OK}\r\nhi`);
    FAKE_INSTANCE.isGone = false;
    expect(gone.isEnded()).toBe(true);
    expect(taken()).toBeUndefined();
  });

  it.each(["HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged", "x"])(
    "ends when it says %j though nobody asked",
    (text) => {
      const { says, isEnded } = connect();
      says(`${OK}\r\nhi`);
      says(text);
      expect(isEnded()).toBe(true);
      expect(taken()).toBeUndefined();
      expect(heard.at(-1)).toBe("end");
    },
  );

  it("does not take an end behind an error of TLS for the answer's end", () => {
    const { connection, says, emit } = connect();
    says("HTTP/1.1 200 OK\r\n\r\npart");
    connection.onError(Object.assign(new Error("bad"), { code: "ERR_SSL_BAD_RECORD_TYPE" }));
    emit("end");
    expect(heard).toEqual(["connected", "head 200", "body part", "answer-cut"]);
  });

  it.each(["end", "close"])("leaves the pool on %s", (event) => {
    const { says, isEnded, emit } = connect();
    says(`${OK}\r\nhi`);
    emit(event);
    expect(isEnded()).toBe(true);
    expect(taken()).toBeUndefined();
  });

  it("is closed a second before the instance would close it", () => {
    const { says, isEnded } = connect();
    says(`${OK}Keep-Alive: timeout=5\r\n\r\nhi`);
    vi.advanceTimersByTime(3_900);
    expect(isEnded()).toBe(false);
    vi.advanceTimersByTime(400);
    expect(isEnded()).toBe(true);
    expect(taken()).toBeUndefined();
  });

  it("is closed after half a minute when the instance does not say", () => {
    const { says, isEnded } = connect();
    says(`${OK}\r\nhi`);
    vi.advanceTimersByTime(29_900);
    expect(isEnded()).toBe(false);
    vi.advanceTimersByTime(400);
    expect(isEnded()).toBe(true);
  });

  it("rests after an early answer only when the rest of the request was sent", () => {
    const { connection, says } = connect(false);
    says(`${OK}\r\nhi`);
    expect(heard.at(-1)).toBe("early end");
    expect(taken()).toBeUndefined();
    connection.settle();
    expect(taken()).toBe(connection);
  });

  it("fails when it says more while it takes the rest of a request", () => {
    const { says } = connect(false);
    says(`${OK}\r\nhi`);
    says("x");
    expect(heard.at(-1)).toBe("answer-malformed");
  });
});
