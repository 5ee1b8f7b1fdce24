// The field lines of a head as text. Most fields of a head mean nothing to a router: lines that go on unchanged stay
// one run of text, and only the others are looked at one by one. To slice every name and value, and to put them
// together again, was the largest part of what the router itself did for a request.

/** A line that somebody must look at, because of its name or because it must be written anew. */
export interface FieldMark {
  readonly name: string;
  /** Without the whitespace around it. */
  readonly value: string;
  /** Where the line begins in the text, and where it ends, behind its CRLF. */
  readonly at: number;
  readonly end: number;
  /** It stands as `name: value`, and may go on as it came. */
  readonly isCanonical: boolean;
  /** The one behind it. */
  next: FieldMark | undefined;
}

/** Says of a field whether it goes on. */
export interface FieldJudge {
  passes(name: string, value: string): boolean;
}

/** The field lines `from`..`to` of a head. Lines without a mark are canonical, and go on as they came. */
export class FieldLines {
  readonly #text: string;
  readonly #from: number;
  readonly #to: number;
  readonly #first: FieldMark | undefined;

  /** `first`: of those that are marked. */
  constructor(text: string, from: number, to: number, first: FieldMark | undefined) {
    this.#text = text;
    this.#from = from;
    this.#to = to;
    this.#first = first;
  }

  /** Out of name, value, name, value, ... */
  static of(flat: readonly string[]): FieldLines {
    let first: FieldMark | undefined;
    for (let index = flat.length - 2; index >= 0; index -= 2) {
      const [name = "", value = ""] = [flat[index], flat[index + 1]];
      first = { name, value, at: 0, end: 0, isCanonical: false, next: first };
    }
    return new FieldLines("", 0, 0, first);
  }

  /** The lines that go on: all but the marked ones that `judge` stops. */
  pass(judge: FieldJudge): string {
    const text = this.#text;
    let passed = "";
    let from = this.#from;
    for (let mark = this.#first; mark !== undefined; mark = mark.next) {
      const { name, value, at, end } = mark;
      const doesPass = judge.passes(name, value);
      if (doesPass && mark.isCanonical) continue;
      if (from < at) passed += text.slice(from, at);
      if (doesPass) passed += fieldLine(name, value);
      from = end;
    }
    return from < this.#to ? passed + text.slice(from, this.#to) : passed;
  }

  /** All of them: name, value, name, value, ... */
  flat(): string[] {
    return flatFields(this.pass(EVERYTHING));
  }
}

const EVERYTHING: FieldJudge = { passes: () => true };

/** One line. */
export function fieldLine(name: string, value: string): string {
  return `${name}: ${value}\r\n`;
}

/**
 * The same text in one piece, for what goes into head after head: V8 keeps what was joined as a tree, and would put its
 * pieces together at each write.
 */
export function onePiece(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}

/** Lines out of name, value, name, value, ... */
export function linesOf(flat: readonly string[]): string {
  return FieldLines.of(flat).pass(EVERYTHING);
}

/** Lines as {@link FieldLines.pass} gives them, taken apart: name, value, name, value, ... */
export function flatFields(lines: string): string[] {
  const flat: string[] = [];
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(":", at);
    const end = lines.indexOf("\r", colon);
    flat.push(lines.slice(at, colon), lines.slice(colon + 2, end));
    at = end + 2;
  }
  return flat;
}
