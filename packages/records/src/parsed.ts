/** The outcome of every `parse`: a value, or the reason why there is none. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

export function valid<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function invalid(reason: string): Parsed<never> {
  return { ok: false, reason };
}
