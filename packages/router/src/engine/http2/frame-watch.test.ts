import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { FrameWatch } from "./frame-watch.ts";

describe("the watch over frames", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("looks at a new connection far more often than at one that has been there for a while", () => {
    const watch = new FrameWatch();
    const looks = { old: 0, new: 0 };
    watch.add({ look: () => void looks.old++ });
    vi.advanceTimersByTime(10);
    expect(looks.old).toBeGreaterThan(3);
    vi.advanceTimersByTime(1_000);
    looks.old = 0;
    watch.add({ look: () => void looks.new++ });
    vi.advanceTimersByTime(100);
    expect(looks.old).toBe(2);
    expect(looks.new).toBeGreaterThan(30);
  });

  it("looks at none that is gone, and waits for nothing when all are", () => {
    const watch = new FrameWatch();
    let looks = 0;
    watch.delete(watch.add({ look: () => void looks++ }));
    vi.advanceTimersByTime(1_000);
    expect(looks).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
