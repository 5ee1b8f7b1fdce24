// j and k walk the rows; the row's own link has the focus, so Enter opens it as it opens any link.

import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { onKeys } from "../shell/keys.ts";

interface Rows {
  readonly count: number;
  readonly rowHeight: number;
}

/** Lets j and k move between the rows of a table body, also to those that are not drawn yet. */
export function useCursor(body: RefObject<HTMLElement | null>, rows: Rows): void {
  const latest = useRef(rows);
  latest.current = rows;
  useEffect(() => {
    const move = (by: number): void => {
      const { count, rowHeight } = latest.current;
      if (count === 0 || body.current === null) return;
      const now = rowOf(document.activeElement);
      const first = Math.min(
        count - 1,
        Math.ceil(Math.max(0, -body.current.getBoundingClientRect().top) / rowHeight),
      );
      const next = now === undefined ? first : now + by;
      void focusRow(body.current, Math.max(0, Math.min(count - 1, next)), rowHeight);
    };
    return onKeys({ j: () => move(1), k: () => move(-1) });
  }, [body]);
}

async function focusRow(body: HTMLElement, row: number, rowHeight: number): Promise<void> {
  const { top } = body.getBoundingClientRect();
  const at = top + row * rowHeight;
  if (at < HEAD_PX || at > innerHeight - 2 * rowHeight) scrollBy(0, at - innerHeight / 2);
  // Scrolling draws the rows; two frames later they are there.
  for (let frames = 0; frames < 5; frames += 1) {
    const link = body.querySelector<HTMLElement>(`tr[data-row="${row}"] :is(a, button)`);
    if (link !== null) return link.focus({ preventScroll: true });
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

/** What sticks to the top of the page. */
const HEAD_PX = 140;

function rowOf(element: Element | null): number | undefined {
  const row = element?.closest<HTMLElement>("tr[data-row]")?.dataset["row"];
  return row === undefined ? undefined : Number(row);
}
