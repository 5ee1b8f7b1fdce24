import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Deadline, Deadlines } from "./deadlines.ts";

describe("deadlines", () => {
  let wheel: Deadlines;
  let passed: string[];
  const named = (name: string): Deadline =>
    new Deadline(wheel, {
      onDeadline: () => passed.push(name),
      onDefect: () => passed.push(`${name} is broken`),
    });

  beforeEach(() => {
    vi.useFakeTimers();
    wheel = new Deadlines();
    passed = [];
  });
  afterEach(() => {
    wheel.destroy();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it("pass once, not before their time and at most two ticks after it", () => {
    named("a").set(1_000);
    vi.advanceTimersByTime(1_000);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(passed).toEqual(["a"]);
    vi.advanceTimersByTime(200_000);
    expect(passed).toEqual(["a"]);
  });

  it("can be put off, brought forward and cleared", () => {
    const later = named("later");
    later.set(500);
    const sooner = named("sooner");
    sooner.set(60_000);
    const never = named("never");
    never.set(500);
    later.set(5_000);
    sooner.set(500);
    never.clear();
    vi.advanceTimersByTime(800);
    expect(passed).toEqual(["sooner"]);
    vi.advanceTimersByTime(4_500);
    expect(passed).toEqual(["sooner", "later"]);
  });

  it("may lie farther away than the wheel is long", () => {
    named("far").set(1_000_000);
    for (let second = 0; second < 1_000; second++) vi.advanceTimersByTime(1_000);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(300);
    expect(passed).toEqual(["far"]);
  });

  it("never lie behind their limit, however often they are put off, until it is lifted", () => {
    const limited = named("limited");
    limited.limit(1_000);
    for (let moved = 0; moved < 30; moved++) {
      limited.set(500);
      vi.advanceTimersByTime(100);
    }
    expect(passed[0]).toBe("limited");
    expect(limited.isPastLimit).toBe(true);
    limited.limit(undefined);
    passed.length = 0;
    limited.set(5_000);
    vi.advanceTimersByTime(4_900);
    expect(passed).toEqual([]);
    vi.advanceTimersByTime(400);
    expect(passed).toEqual(["limited"]);
  });

  it("leave nothing in the wheel when their owner ends", () => {
    const deadline = named("gone");
    deadline.set(500);
    deadline.destroy();
    vi.advanceTimersByTime(10_000);
    expect(passed).toEqual([]);
    expect(deadline.slotTick).toBe(-1);
  });

  it("of a crowd let other work in between, and whoever ends meanwhile has none", () => {
    const clock = performance.now.bind(performance);
    // Each of them takes a tenth of a millisecond.
    vi.spyOn(performance, "now").mockImplementation(() => clock() + passed.length / 10);
    const crowd = Array.from({ length: 100 }, (_, at) => named(`client ${at}`));
    new Deadline(wheel, {
      onDeadline: () =>
        setTimeout(() => {
          passed.push("other work");
          crowd.at(-1)?.destroy();
        }),
      onDefect: () => undefined,
    }).set(500);
    for (const deadline of crowd) deadline.set(500);
    vi.advanceTimersByTime(2_000);
    expect(passed.indexOf("other work")).toBeLessThan(10);
    expect(passed).toHaveLength(100);
    expect(passed).not.toContain("client 99");
  });

  it("of crowds that follow each other pass in turn, those that were put off meanwhile not before they are due", () => {
    const clock = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => clock() + passed.length);
    const first = Array.from({ length: 100 }, (_, at) => named(`first ${at}`));
    const second = Array.from({ length: 10 }, (_, at) => named(`second ${at}`));
    for (const deadline of first) deadline.set(500);
    for (const deadline of second) deadline.set(600);
    vi.advanceTimersByTime(710);
    expect(passed.length).toBeLessThan(50);
    second.at(-1)?.set(60_000);
    vi.advanceTimersByTime(2_000);
    expect(passed.filter((name) => name.startsWith("first"))).toEqual(
      [...first.keys()].map((at) => `first ${at}`),
    );
    expect(passed.indexOf("second 8")).toBeLessThan(passed.indexOf("first 99"));
    expect(passed).not.toContain("second 9");
    vi.advanceTimersByTime(60_000);
    expect(passed.filter((name) => name.startsWith("second"))).toEqual(
      [...second.keys()].map((at) => `second ${at}`),
    );
    expect(passed).toHaveLength(110);
  });

  it("pass for others when the owner of one throws", () => {
    const broken = new Deadline(wheel, {
      onDeadline: () => {
        throw new Error("a defect");
      },
      onDefect: () => passed.push("broken"),
    });
    broken.set(500);
    named("whole").set(500);
    vi.advanceTimersByTime(1_000);
    expect(passed).toEqual(["broken", "whole"]);
  });

  it("do not pass at once when the process stood still", () => {
    named("slow").set(2_000);
    vi.advanceTimersByTime(100);
    vi.setSystemTime(Date.now() + 60_000);
    vi.advanceTimersByTime(100);
    expect(passed).toEqual([]);
  });
});
