import { setImmediate as turn } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { writeAtTurnsEnd } from "./turn.ts";

describe("the end of a turn", () => {
  it("writes what came up in it, once and in order, and what one throws is its own matter", async () => {
    const done: string[] = [];
    const waiting = (name: string, flush = (): unknown => done.push(name)) => ({
      flush: () => void flush(),
      onDefect: (error: unknown) => done.push(`${name}: ${String(error)}`),
    });
    writeAtTurnsEnd(waiting("first"));
    writeAtTurnsEnd(
      waiting("broken", () => {
        throw new Error("a defect");
      }),
    );
    writeAtTurnsEnd(waiting("again", () => writeAtTurnsEnd(waiting("in the next turn"))));
    writeAtTurnsEnd(waiting("last"));
    expect(done).toEqual([]);
    await turn();
    expect(done.slice(0, 3)).toEqual(["first", "broken: Error: a defect", "last"]);
    await turn();
    expect(done).toEqual(["first", "broken: Error: a defect", "last", "in the next turn"]);
  });
});
