// Where the boxes of a route's flow stand. Pure: pixels in, boxes and lines out.

import type { Destination } from "@wayleave/records";
import type { Condition, InstanceView } from "@wayleave/records/api";

/** A box; `of` says what it shows. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly lines: readonly string[];
  readonly href?: string | undefined;
  readonly condition?: Condition | "none" | undefined;
}

/** A line from one box to another; as thick as its share, 0 to 1. */
export interface Line {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly share: number;
  readonly isCut: boolean;
}

/** One instance, or how many more there are. */
export interface Leaf {
  readonly title: string;
  readonly lines: readonly string[];
  readonly condition: Condition | "none";
  readonly share: number;
  readonly href?: string | undefined;
}

/** One destination of a route, with what it may reach. */
export interface Branch {
  readonly destination: Destination;
  readonly share: number;
  readonly title: string;
  readonly lines: readonly string[];
  readonly href: string;
  readonly leaves: readonly Leaf[];
}

export interface FlowLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

const TRUNK_HEIGHT = 62;
const LEAF_HEIGHT = 44;
const GAP = 10;

/** Boxes in columns: those of the trunk one after another, then the branches, then their leaves. */
export function layOut(
  trunk: readonly Pick<Box, "title" | "lines" | "href">[],
  branches: readonly Branch[],
  width: number,
): FlowLayout {
  const columns = columnsOf(width, trunk.length + 2);
  const heights = branches.map(({ leaves }) => Math.max(TRUNK_HEIGHT, heightOf(leaves)));
  const height = heights.reduce((sum, each) => sum + each, 0) + Math.max(0, branches.length - 1) * GAP * 2;
  const middle = height / 2;
  const boxes: Box[] = trunk.map((box, at) => columns.box(at, middle, TRUNK_HEIGHT, box));
  const lines: Line[] = trunk
    .slice(1)
    .map((_, at) => columns.line(at, middle, middle, { share: 1, isCut: false }));
  let top = 0;
  for (const [at, branch] of branches.entries()) {
    const own = heights[at] ?? 0;
    const y = top + own / 2;
    const { share } = branch;
    boxes.push(columns.box(trunk.length, y, TRUNK_HEIGHT, branch));
    lines.push(columns.line(trunk.length - 1, middle, y, { share, isCut: share === 0 }));
    let leafY = y - heightOf(branch.leaves) / 2 + LEAF_HEIGHT / 2;
    for (const leaf of branch.leaves) {
      boxes.push(columns.box(trunk.length + 1, leafY, LEAF_HEIGHT, leaf));
      lines.push(
        columns.line(trunk.length, y, leafY, { share: leaf.share, isCut: !isServing(leaf.condition) }),
      );
      leafY += LEAF_HEIGHT + GAP;
    }
    top += own + GAP * 2;
  }
  return { width, height, boxes, lines };
}

interface Columns {
  /** A box in a column, its middle at `y`. */
  box(
    column: number,
    y: number,
    height: number,
    shown: Pick<Box, "title" | "lines" | "href" | "condition">,
  ): Box;
  /** A line from a column to the next. */
  line(column: number, from: number, to: number, how: Pick<Line, "share" | "isCut">): Line;
}

function columnsOf(width: number, count: number): Columns {
  const between = Math.max(28, Math.min(64, width * 0.04));
  const boxWidth = (width - between * (count - 1)) / count;
  const x = (column: number): number => column * (boxWidth + between);
  return {
    box: (column, y, height, { title, lines, href, condition }) => ({
      title,
      lines,
      href,
      condition,
      x: x(column),
      y: y - height / 2,
      width: boxWidth,
      height,
    }),
    line: (column, from, to, { share, isCut }) => ({
      from: [x(column) + boxWidth, from],
      to: [x(column + 1), to],
      share,
      isCut,
    }),
  };
}

function heightOf(leaves: readonly Leaf[]): number {
  return leaves.length * (LEAF_HEIGHT + GAP) - GAP;
}

/** Whether an instance in this condition gets requests as a rule. */
export function isServing(condition: Condition | "none"): boolean {
  return condition === "ready" || condition === "failing";
}

/** The instances that a destination may reach, the first of them each as a leaf. */
export function leavesOf(
  destination: Destination,
  instances: readonly InstanceView[],
  { most, hrefOf }: { most: number; hrefOf: (instance: InstanceView) => string },
): Leaf[] {
  const { app, version } = destination;
  const own = instances.filter(
    (each) => each.app === app && (version === undefined || each.version === version),
  );
  if (own.length === 0) return [{ title: "no instance", lines: [], condition: "none", share: 0 }];
  const leaves = own.slice(0, most).map((instance): Leaf => {
    const { id, condition, share, active } = instance;
    const percent = share === null ? "" : `${Math.round(share * 100)} %  `;
    return {
      title: id,
      lines: [`${condition}  ${percent}${active} running`],
      condition,
      share: share ?? 1 / own.length,
      href: hrefOf(instance),
    };
  });
  const more = own.length - leaves.length;
  return more === 0
    ? leaves
    : [...leaves, { title: `and ${more} more`, lines: [], condition: "none", share: 0 }];
}
