import { describe, expect, it } from "vitest";

import { Turnstile } from "./turnstile.ts";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("a turnstile", () => {
  it("lets in at once who comes alone", async () => {
    await turn();
    const passed: number[] = [];
    const turnstile = new Turnstile();
    for (const one of [1, 2, 3]) {
      turnstile.pass(() => passed.push(one));
      expect(passed.at(-1)).toBe(one);
      await turn();
      await turn();
    }
  });

  it("lets in one every other turn of those that come together, in their order, and later ones behind them", async () => {
    await turn();
    const passed: number[] = [];
    const turnstile = new Turnstile();
    for (const one of [1, 2]) turnstile.pass(() => passed.push(one));
    const seen: number[][] = [[...passed]];
    for (let turns = 1; turns <= 5; turns++) {
      await turn();
      if (turns === 1) turnstile.pass(() => passed.push(3));
      seen.push([...passed]);
    }
    expect(seen).toEqual([[1], [1], [1, 2], [1, 2], [1, 2, 3], [1, 2, 3]]);
  });
});
