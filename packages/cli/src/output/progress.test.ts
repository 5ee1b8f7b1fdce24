import { PassThrough } from "node:stream";

import { describe, expect, it, vi } from "vitest";

import { startProgress } from "./progress.ts";

function terminal(isTTY: boolean): { stream: NodeJS.WriteStream; written: () => string } {
  const through = new PassThrough();
  const stream = Object.assign(through, { isTTY }) as unknown as NodeJS.WriteStream;
  return { stream, written: () => String(through.read() ?? "") };
}

describe("startProgress", () => {
  it("says nothing within the first second, then what is done and for how long, and clears its line", () => {
    vi.useFakeTimers();
    try {
      const { stream, written } = terminal(true);
      const progress = startProgress("writing", stream);
      vi.advanceTimersByTime(900);
      expect(written()).toBe("");
      progress.update("writing batch 2 of 3");
      vi.advanceTimersByTime(200);
      expect(written()).toBe("\r\u001B[2Kwriting batch 2 of 3  1s");
      progress[Symbol.dispose]();
      expect(written()).toBe("\r\u001B[2K");
      vi.advanceTimersByTime(5_000);
      expect(written()).toBe("");
    } finally {
      vi.useRealTimers();
    }
  });

  it("says nothing where nobody looks", () => {
    vi.useFakeTimers();
    try {
      const { stream, written } = terminal(false);
      const progress = startProgress("writing", stream);
      vi.advanceTimersByTime(5_000);
      progress[Symbol.dispose]();
      expect(written()).toBe("");
    } finally {
      vi.useRealTimers();
    }
  });
});
