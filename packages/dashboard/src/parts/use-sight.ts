import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

import { inSight } from "./rows.ts";

/** Which rows of a table body are in sight as the page scrolls. */
export function useSight(
  body: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): { from: number; to: number } {
  const [place, setPlace] = useState({ top: 0, height: 1_200 });
  useEffect(() => {
    const measure = (): void => {
      const top = Math.max(0, -(body.current?.getBoundingClientRect().top ?? 0));
      // By whole rows, so that scrolling within one draws nothing.
      const at = Math.floor(top / rowHeight) * rowHeight;
      const height = innerHeight;
      setPlace((before) => (before.top === at && before.height === height ? before : { top: at, height }));
    };
    measure();
    addEventListener("scroll", measure, { passive: true });
    addEventListener("resize", measure);
    return () => {
      removeEventListener("scroll", measure);
      removeEventListener("resize", measure);
    };
  }, [body, rowHeight]);
  return inSight(count, { rowHeight, ...place });
}
