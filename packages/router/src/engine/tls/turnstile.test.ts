import { describe, expect, it } from "vitest";

import { Turnstile } from "./turnstile.ts";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("a turnstile", () => {
  it("lets in at once who comes alone", async () => {
    const passed: number[] = [];
    const turnstile = new Turnstile(2);
    for (const one of [1, 2, 3]) {
      turnstile.pass(() => passed.push(one));
      expect(passed.at(-1)).toBe(one);
      await turn();
    }
  });

  it("lets in so many a turn of those that come together, in their order, and later ones behind them", async () => {
    const passed: number[] = [];
    const turnstile = new Turnstile(2);
    for (const one of [1, 2, 3, 4, 5]) turnstile.pass(() => passed.push(one));
    expect(passed).toEqual([1, 2]);
    await turn();
    turnstile.pass(() => passed.push(6));
    expect(passed).toEqual([1, 2, 3, 4]);
    await turn();
    expect(passed).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
