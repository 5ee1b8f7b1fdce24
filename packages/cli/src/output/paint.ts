import { styleText } from "node:util";

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/**
 * Text in a style, where its reader sees styles: on a terminal, unless NO_COLOR is set, and anywhere with FORCE_COLOR. The
 * text must be safe already (see printable).
 */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/**
 * Text from etcd or from a router, fit for a terminal: control characters (an escape sequence could hide or
 * forge lines) and line breaks stand as `\u{1b}`.
 */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    character === "\t" ? " " : `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );
}
