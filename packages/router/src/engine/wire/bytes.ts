// Byte classes of RFC 9110 section 5.6.2 and RFC 5234, as tables: one look-up a byte.

declare global {
  interface Buffer {
    /** As `toString("latin1", start, end)`, which looks up its encoding each time; Node's types leave it out. */
    latin1Slice(start: number, end: number): string;
  }
}

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;
export const DELETE = 0x7f;

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** What {@link TOKEN} has for a byte of a token that is no underscore. */
export const TOKEN_PLAIN = 1;
/** {@link TOKEN_PLAIN} or 2, for an underscore, for each byte that a token (a field's name) may have; 0 for all others. */
export const TOKEN: Uint8Array = classOf(TOKEN_CHARACTERS);
TOKEN[0x5f] = 2;

/** 1 for each byte that a request's method may have: as nginx and Node, no lower case and no digits. */
export const METHOD: Uint8Array = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_");

function classOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}
