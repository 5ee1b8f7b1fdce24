// Where the boxes of a route's flow stand. Pure: pixels in, boxes and lines out.

import type { Destination } from "@wayleave/records";
import type { Condition, InstanceView } from "@wayleave/records/api";

/** What a box says, and where it leads. */
export interface Shown {
  readonly title: string;
  readonly lines: readonly string[];
  readonly href?: string | undefined;
  /** Of an instance; `none`: a place where none is. */
  readonly condition?: Condition | "none" | undefined;
}

export interface Box extends Shown {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line between boxes, as an SVG path; as thick as its share, 0 to 1. */
export interface Line {
  readonly path: string;
  readonly share: number;
  /** Nothing goes this way. */
  readonly isCut: boolean;
}

/** One instance, or how many more there are. */
export interface Leaf extends Shown {
  readonly condition: Condition | "none";
  readonly share: number;
}

/** One destination of a route, with the instances that it may reach. */
export interface Branch extends Shown {
  readonly share: number;
  readonly leaves: readonly Leaf[];
}

export interface FlowLayout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

const BOX_HEIGHT = 62;
const LEAF_HEIGHT = 44;
const GAP = 10;
const INDENT = 22;

/** Boxes in columns: those of the trunk one after another, then the branches, then their leaves. */
export function layOutWide(trunk: readonly Shown[], branches: readonly Branch[], width: number): FlowLayout {
  const columns = columnsOf(width, trunk.length + 2);
  const heights = branches.map(({ leaves }) => Math.max(BOX_HEIGHT, heightOf(leaves)));
  const height = heights.reduce((sum, each) => sum + each, 0) + Math.max(0, branches.length - 1) * GAP * 2;
  const middle = height / 2;
  const boxes: Box[] = trunk.map((box, at) => columns.box(at, middle, BOX_HEIGHT, box));
  const lines: Line[] = trunk
    .slice(1)
    .map((_, at) => columns.line(at, middle, middle, { share: 1, isCut: false }));
  let top = 0;
  for (const [at, branch] of branches.entries()) {
    const own = heights[at] ?? 0;
    const y = top + own / 2;
    boxes.push(columns.box(trunk.length, y, BOX_HEIGHT, branch));
    lines.push(columns.line(trunk.length - 1, middle, y, flowOf(branch)));
    let leafY = y - heightOf(branch.leaves) / 2 + LEAF_HEIGHT / 2;
    for (const leaf of branch.leaves) {
      boxes.push(columns.box(trunk.length + 1, leafY, LEAF_HEIGHT, leaf));
      lines.push(columns.line(trunk.length, y, leafY, flowOf(leaf)));
      leafY += LEAF_HEIGHT + GAP;
    }
    top += own + GAP * 2;
  }
  return { width, height, boxes, lines };
}

/** The same from top to bottom, each part a step further to the right: for narrow pages. */
export function layOutNarrow(
  trunk: readonly Shown[],
  branches: readonly Branch[],
  width: number,
): FlowLayout {
  const boxes: Box[] = [];
  const lines: Line[] = [];
  let y = 0;
  const add = (shown: Shown, depth: number, height: number): Box => {
    const x = depth * INDENT;
    const box = { ...shown, x, y, width: width - x, height };
    boxes.push(box);
    y += height + GAP;
    return box;
  };
  let above: Box | undefined;
  for (const shown of trunk) {
    const box = add(shown, 0, BOX_HEIGHT);
    if (above !== undefined) lines.push({ path: elbow(above, box), share: 1, isCut: false });
    above = box;
  }
  for (const branch of branches) {
    const box = add(branch, 1, BOX_HEIGHT);
    if (above !== undefined) lines.push({ path: elbow(above, box), ...flowOf(branch) });
    for (const leaf of branch.leaves)
      lines.push({ path: elbow(box, add(leaf, 2, LEAF_HEIGHT)), ...flowOf(leaf) });
  }
  return { width, height: Math.max(0, y - GAP), boxes, lines };
}

/** Whether an instance in this condition gets requests as a rule. */
function isServing(condition: Condition | "none"): boolean {
  return condition === "ready" || condition === "failing";
}

/** The instances that a destination may reach, the first of them each as a leaf. */
export function leavesOf(
  { app, version }: Destination,
  instances: readonly InstanceView[],
  { most, hrefOf }: { most: number; hrefOf: (instance: InstanceView) => string },
): Leaf[] {
  const own = instances.filter(
    (each) => each.app === app && (version === undefined || each.version === version),
  );
  if (own.length === 0) return [{ title: "no instance", lines: [], condition: "none", share: 0 }];
  const leaves = own.slice(0, most).map((instance): Leaf => {
    const { id, condition, share, active } = instance;
    const percent = share === null ? "" : `${Math.round(share * 100)} %, `;
    const lines = [`${condition}, ${percent}${active} running`];
    return { title: id, lines, condition, share: share ?? 1 / own.length, href: hrefOf(instance) };
  });
  const more = own.length - leaves.length;
  return more === 0
    ? leaves
    : [...leaves, { title: `and ${more} more`, lines: [], condition: "none", share: 0 }];
}

interface Columns {
  /** A box in a column, its middle at `y`. */
  box(column: number, y: number, height: number, shown: Shown): Box;
  /** A line from a column to the next. */
  line(column: number, from: number, to: number, how: Omit<Line, "path">): Line;
}

function columnsOf(width: number, count: number): Columns {
  const between = Math.max(28, Math.min(56, width * 0.035));
  const boxWidth = (width - between * (count - 1)) / count;
  const x = (column: number): number => column * (boxWidth + between);
  return {
    box: (column, y, height, shown) => ({
      ...shown,
      x: x(column),
      y: y - height / 2,
      width: boxWidth,
      height,
    }),
    line: (column, from, to, how) => {
      const [left, right] = [x(column) + boxWidth, x(column + 1)];
      const middle = (left + right) / 2;
      return { path: `M${left} ${from} C${middle} ${from} ${middle} ${to} ${right} ${to}`, ...how };
    },
  };
}

// Down from the upper box's foot, then to the lower one: from above when they stand under each other.
function elbow(upper: Box, lower: Box): string {
  const x = upper.x + INDENT / 2;
  const from = `M${x} ${upper.y + upper.height}`;
  return lower.x === upper.x ? `${from} V${lower.y}` : `${from} V${lower.y + lower.height / 2} H${lower.x}`;
}

function flowOf(to: Branch | Leaf): Omit<Line, "path"> {
  const isCut = to.share === 0 || (to.condition !== undefined && !isServing(to.condition));
  return { share: to.share, isCut };
}

function heightOf(leaves: readonly Leaf[]): number {
  return leaves.length * (LEAF_HEIGHT + GAP) - GAP;
}
