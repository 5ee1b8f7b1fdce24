import { describe, expect, it } from "vitest";

import { type Box, type Branch, layOutNarrow, layOutWide, leavesOf } from "./layout.ts";

const TRUNK = ["clients", "shop.example/", "policy"].map((title) => ({ title, lines: [] }));
const BRANCHES: readonly Branch[] = [
  {
    title: "v1",
    lines: [],
    share: 0.9,
    leaves: ["a", "b", "c"].map((title) => ({ title, lines: [], condition: "ready" as const, share: 1 / 3 })),
  },
  { title: "v2", lines: [], share: 0.1, leaves: [{ title: "d", lines: [], condition: "ejected", share: 0 }] },
];

describe.each([
  ["from left to right", layOutWide, 1_200],
  ["from top to bottom", layOutNarrow, 340],
] as const)("a flow drawn %s", (_, layOut, width) => {
  const { boxes, lines, height } = layOut(TRUNK, BRANCHES, width);

  it("has a box for each part, and none covers another or leaves the picture", () => {
    expect(boxes.map(({ title }) => title).toSorted()).toEqual([
      "a",
      "b",
      "c",
      "clients",
      "d",
      "policy",
      "shop.example/",
      "v1",
      "v2",
    ]);
    const pairs = boxes.flatMap((one, at) => boxes.slice(at + 1).map((other) => [one, other] as const));
    expect(pairs.filter(([one, other]) => overlap(one, other))).toEqual([]);
    expect(
      boxes.filter(
        ({ x, y, ...box }) =>
          x < 0 || y < 0 || x + box.width > width + 0.01 || y + box.height > height + 0.01,
      ),
    ).toEqual([]);
  });

  it("has a line to each part but the first, cut where nothing goes", () => {
    expect(lines).toHaveLength(boxes.length - 1);
    expect(lines.filter(({ isCut }) => isCut)).toHaveLength(1);
  });
});

const instance = (id: string, version: string) =>
  ({ app: "shop", id, version, condition: "ready", share: 0.5, active: 1 }) as Parameters<
    typeof leavesOf
  >[1][number];
describe("the instances of a destination", () => {
  const options = { most: 2, hrefOf: () => "#" };

  it("are those of its version", () => {
    const leaves = leavesOf(
      { app: "shop", version: "v2" },
      [instance("a", "v1"), instance("b", "v2")],
      options,
    );
    expect(leaves).toMatchObject([{ title: "b", lines: ["ready, 50 %, 1 running"], share: 0.5 }]);
  });

  it("are summed up when there are many, and missed when there are none", () => {
    const many = ["a", "b", "c", "d"].map((id) => instance(id, "v1"));
    expect(leavesOf({ app: "shop" }, many, options).map(({ title }) => title)).toEqual([
      "a",
      "b",
      "and 2 more",
    ]);
    expect(leavesOf({ app: "blog" }, many, options)).toMatchObject([
      { title: "no instance", condition: "none" },
    ]);
  });
});

function overlap(one: Box, other: Box): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}
