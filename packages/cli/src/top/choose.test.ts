import { describe, expect, it } from "vitest";

import { choose } from "./choose.ts";
import type { TopView } from "./render-top.ts";

const VIEW: TopView = { order: "requests", filter: "", isTyping: false, offset: 3 };

function press(view: TopView, ...keys: string[]): TopView | "quit" {
  let now: TopView | "quit" = view;
  for (const key of keys) if (now !== "quit") now = choose(now, key, 10);
  return now;
}

describe("the keys of top", () => {
  it.each([
    ["r", "requests"],
    ["e", "errors"],
    ["P", "p99"],
    ["h", "health"],
    ["n", "name"],
  ])("%s sorts by %s, from the top", (key, order) => {
    expect(press(VIEW, key)).toEqual({ ...VIEW, order, offset: 0 });
  });

  it.each(["q", "Q", "\u0003", "\u0004"])("%j ends it", (key) => {
    expect(press(VIEW, key)).toBe("quit");
  });

  it("filters while it is typed; Enter keeps it, Escape drops it", () => {
    expect(press(VIEW, "/", "s", "q", "\u007F", "h")).toMatchObject({ filter: "sh", isTyping: true });
    expect(press(VIEW, "/", "s", "h", "\r", "e")).toMatchObject({
      filter: "sh",
      isTyping: false,
      order: "errors",
    });
    expect(press(VIEW, "/", "s", "\u001B")).toMatchObject({ filter: "", isTyping: false });
    expect(press(VIEW, "/", "\u0003")).toBe("quit");
  });

  it("scrolls by lines and pages, not before the start", () => {
    expect(press(VIEW, "\u001B[B", "\u001B[6~")).toMatchObject({ offset: 14 });
    expect(press(VIEW, "\u001B[A", "\u001B[5~")).toMatchObject({ offset: 0 });
    expect(press(VIEW, "x")).toEqual(VIEW);
  });
});
