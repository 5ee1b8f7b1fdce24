import type { JSX } from "preact";

import { Dialog } from "../parts/dialog.tsx";
import { VIEWS } from "./views.ts";

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ["/", "filter; Escape leaves it"],
  ["j k", "next and previous row"],
  ["Enter", "open the row"],
  ["t", "dark or light"],
  ["?", "these keys"],
];

/** What the keys do. */
export function Help({ onClose }: { onClose: () => void }): JSX.Element {
  const views = VIEWS.flatMap(({ key, title }) => (key === undefined ? [] : [[`g ${key}`, title] as const]));
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {[...KEYS, ...views].map(([keys, does]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet">
        A filter takes words, <code>-word</code> to leave out, and facts as <code>health:down</code>. Its
        address can be kept and shared.
      </p>
      <div class="actions">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
