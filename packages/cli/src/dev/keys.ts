/** What each key does; a key that is not in it does nothing. */
export type KeyActions = Readonly<Record<string, () => void>>;

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";

/** Reads single keys from stdin, without Enter, until the returned function is called. `q` is also Ctrl-C and Ctrl-D. */
export function listenToKeys(actions: KeyActions): () => void {
  const { stdin } = process;
  const onData = (text: string): void => {
    for (const character of text) {
      const key = character === CTRL_C || character === CTRL_D ? "q" : character.toLowerCase();
      actions[key]?.();
    }
  };
  stdin.setRawMode(true);
  stdin.setEncoding("utf8").on("data", onData).resume();
  return () => {
    stdin.off("data", onData).pause();
    stdin.setRawMode(false);
  };
}
