import type { JSX } from "preact";

import { useKnown } from "../live/known.tsx";
import { hrefOf } from "../shell/location.ts";

/** In place of a thing that is not there, or not known yet. */
export function NotFound({ what, list }: { what: string; list: string }): JSX.Element {
  const { isWhole } = useKnown();
  return (
    <div class="sheet empty">
      <h1>{isWhole ? `There is no ${what}` : "One moment"}</h1>
      {isWhole && (
        <p>
          It was removed, or never was. <a href={hrefOf([list])}>All {list}</a>
        </p>
      )}
    </div>
  );
}
