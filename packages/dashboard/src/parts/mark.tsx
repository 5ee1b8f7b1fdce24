// A state, told three times over: by its word, its shape and its colour.

import type { JSX } from "preact";

/** How a thing is. `ok` a disc, `warn` a triangle, `bad` a cross, `info` half a disc, `idle` a ring. */
export type Tone = "ok" | "warn" | "bad" | "info" | "idle";

/** The mark and its word; `isPill` puts a border around it, `isShort` hides the word in tables of a narrow page. */
export function Mark({
  tone,
  word,
  isPill = false,
  isShort = false,
  title,
}: {
  tone: Tone;
  word: string;
  isPill?: boolean;
  isShort?: boolean;
  title?: string | undefined;
}): JSX.Element {
  return (
    <span class={`mark ${tone}${isPill ? " pill" : ""}${isShort ? " is-short" : ""}`} title={title}>
      <Shape tone={tone} />
      <span class="word">{word}</span>
    </span>
  );
}

/** The shape alone, 12 px; hidden from those who hear the word. */
export function Shape({ tone }: { tone: Tone }): JSX.Element {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" class={tone}>
      {SHAPES[tone]}
    </svg>
  );
}

const SHAPES: Readonly<Record<Tone, JSX.Element>> = {
  ok: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  warn: <path d="M6 .8 11.6 11H.4z" fill="currentColor" />,
  bad: <path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" />,
  info: (
    <g>
      <circle cx="6" cy="6" r="4.3" fill="none" stroke="currentColor" stroke-width="1.4" />
      <path d="M6 1.7a4.3 4.3 0 0 1 0 8.6z" fill="currentColor" />
    </g>
  ),
  idle: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.6" />,
};
