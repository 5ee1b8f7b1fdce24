// Keys without a modifier, while nothing is being typed. A key may follow another: `g r` is two presses.

/** What each key or pair of keys does. */
export type Keys = Readonly<Record<string, () => void>>;

const PAIR_MS = 1_200;

/** Listens until the function it gives is called. */
export function onKeys(keys: Keys): () => void {
  let before = { key: "", at: 0 };
  const listen = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
      return;
    const pair = event.timeStamp - before.at < PAIR_MS ? `${before.key} ${event.key}` : "";
    const act = keys[pair] ?? (before.key === "g" && pair !== "" ? undefined : keys[event.key]);
    before = { key: event.key, at: event.timeStamp };
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  addEventListener("keydown", listen);
  return () => removeEventListener("keydown", listen);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest("dialog") !== null
  );
}
