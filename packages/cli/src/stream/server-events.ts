/** One server-sent event. */
export interface ServerEvent {
  /** Empty when it has none. */
  readonly id: string;
  readonly data: string;
}

const MOST_LINE_CHARS = 64 * 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, section 9.2) from text as it comes; `onSign` is called with every piece, since a
 * comment is a sign of life too. Throws for a line without an end.
 */
export async function* readServerEvents(
  pieces: AsyncIterable<string>,
  onSign: () => void = () => {},
): AsyncGenerator<ServerEvent> {
  let rest = "";
  let id = "";
  let data: string[] = [];
  for await (const piece of pieces) {
    onSign();
    const lines = (rest + piece).split(/\r\n|\n/);
    rest = lines.pop() ?? "";
    if (rest.length > MOST_LINE_CHARS) throw new Error("a line of the stream does not end");
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { id, data: data.join("\n") };
        data = [];
        continue;
      }
      const [, name, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name === "data") data.push(value);
      if (name === "id") id = value;
    }
  }
}
