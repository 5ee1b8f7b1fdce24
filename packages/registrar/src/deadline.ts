/**
 * A signal that aborts after so many milliseconds or with the other signal, until it is disposed of.
 * Unlike `AbortSignal.timeout` it keeps the process alive: a wait is not to end by Node running out
 * of work.
 */
export function startDeadline(
  ms: number,
  other?: AbortSignal,
): { readonly signal: AbortSignal } & Disposable {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new DOMException(`${ms} ms are over`, "TimeoutError")), ms);
  const signal = other === undefined ? over.signal : AbortSignal.any([over.signal, other]);
  return { signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
