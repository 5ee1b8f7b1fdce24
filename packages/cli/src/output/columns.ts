// How many columns of a terminal a text takes.

/** East Asian wide and fullwidth characters, and emoji: two columns each. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6]/u;
/** Marks that stand on the character before them, and what joins characters. */
const ZERO = /^(?:\p{M}|[\u200B-\u200D])/u;
/** What nearly every text is made of. */
const PLAIN = /^[\x20-\x7E]*$/;

/** How many columns a printable text takes. */
export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOfOne(character);
  return columns;
}

/** The text in at most so many columns; where something is cut off, it ends in `…`. */
export function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = "";
  let left = columns - 1;
  for (const character of text) {
    left -= columnsOfOne(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The text with spaces behind it, or before it, up to so many columns. */
export function padTo(text: string, columns: number, side: "left" | "right" = "left"): string {
  const spaces = " ".repeat(Math.max(0, columns - columnsOf(text)));
  return side === "left" ? text + spaces : spaces + text;
}

function columnsOfOne(character: string): number {
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
