/** What several rounds gave of one quantity: the machine is noisy, so the spread stands beside the median. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Makes a figure of the rounds, with four significant digits: more would be noise. Throws when there is no round. */
export function figureOf(rounds: readonly number[]): Figure {
  if (!rounds.every(Number.isFinite)) throw new Error(`no figure can be made of ${rounds.join(", ")}`);
  const sorted = rounds.toSorted((a, b) => a - b);
  const [low] = sorted;
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) throw new Error("a figure of no rounds");
  return { median: round(medianOf(sorted)), low: round(low), high: round(high) };
}

/** The ratio of two things measured in turn, round by round: what the machine did meanwhile, it did to both. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Figure {
  return figureOf(ours.map((value, at) => value / (theirs[at] ?? Number.NaN)));
}

/** The median; NaN of nothing. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value that a part (0 to 1) of the sorted numbers does not exceed. */
export function percentileOf(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
