// What a benchmark is made of: cases, each of which gives rows of figures.

import type { Contender } from "./contenders/contender.ts";
import type { Figure } from "./figure.ts";

/** How a run is to be. */
export interface Run {
  readonly rounds: number;
  /** Of load, for each figure of each round. */
  readonly seconds: number;
  /** Checks that everything works; its figures say nothing. */
  readonly isQuick: boolean;
  /** Those that take part, with their versions. */
  readonly contenders: ReadonlyMap<Contender, string>;
  /** Why a contender may not be timed; undefined when it does the work rightly. Asked once, remembered. */
  prove(contender: Contender, accessLog: boolean): Promise<string | undefined>;
  /** For whoever watches. */
  tell(text: string): void;
}

/** Something that was measured, with a figure a column. */
export interface Row {
  readonly name: string;
  readonly figures: Readonly<Record<string, Figure>>;
}

/** What a case gave. */
export interface Measured {
  readonly rows: readonly Row[];
  /** Contenders that were not timed, and why. */
  readonly refused?: Readonly<Record<string, string>>;
  /** How it was measured, where that is known only now. */
  readonly note?: string;
}

/** What we hold ourselves to: a figure of the case, and the most it may be. */
export interface Budget {
  readonly what: string;
  readonly row: string;
  readonly column: string;
  readonly atMost: number;
}

/** One thing to measure. */
export interface Case {
  readonly name: string;
  readonly title: string;
  /** What is done, for whoever reads the figures. */
  readonly about: string;
  /** What the columns mean, in the order in which they are shown. */
  readonly columns: Readonly<Record<string, string>>;
  readonly budgets: readonly Budget[];
  run(run: Run): Promise<Measured>;
}
