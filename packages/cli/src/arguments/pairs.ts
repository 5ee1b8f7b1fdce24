import { InvalidArgumentError } from "commander";

/** Collects a repeatable `KEY=VALUE` option into one object; for commander's argument parser. */
export function collectPairs(text: string, pairs: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("Give it as KEY=VALUE.");
  return { ...pairs, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Collects a repeatable option into a list; for commander's argument parser. */
export function collectList(text: string, list: readonly string[] = []): string[] {
  return [...list, text];
}

/** Parses an option that is a whole number of `min` or more; for commander's argument parser. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= min) return number;
    throw new InvalidArgumentError(`It must be a whole number of ${min} or more.`);
  };
}
