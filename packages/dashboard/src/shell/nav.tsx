import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { grouped } from "../format/numbers.ts";
import { useKnown } from "../live/known.tsx";
import { hrefOf } from "./location.ts";
import { VIEWS, type View } from "./views.ts";

/** The bar of views. */
export function Nav({ view }: { view: View | undefined }): JSX.Element {
  const { world } = useKnown();
  const current = view?.under ?? view?.step;
  const bar = useRef<HTMLElement>(null);
  // On a narrow page the bar is wider than the page.
  useEffect(() => {
    const link = bar.current?.querySelector('[aria-current="page"]');
    link?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [current]);
  return (
    <nav ref={bar} class="views" aria-label="Views">
      {VIEWS.filter(({ key }) => key !== undefined).map(({ step, title, key, count }) => {
        const counted = count?.(world);
        return (
          <a
            key={step}
            href={hrefOf(step === "" ? [] : [step])}
            aria-current={step === current ? "page" : undefined}
            title={`g ${key}`}
          >
            {title}
            {counted !== undefined && counted.count > 0 && (
              <span class={counted.isBad ? "count bad" : "count"}>{grouped(counted.count)}</span>
            )}
          </a>
        );
      })}
    </nav>
  );
}
