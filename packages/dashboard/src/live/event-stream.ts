// Reads server-sent events from pieces of text (WHATWG HTML, section 9.2.6).

/** One event: its name, what it carries, and the last id that was given up to it. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

/** Takes pieces of an event stream in order, cut anywhere, and gives the events that they complete. */
export class EventStreamReader {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id = "";

  take(piece: string): StreamEvent[] {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#line(line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  #line(line: string): StreamEvent[] {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#event = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id") this.#id = value;
    return [];
  }

  #dispatch(): StreamEvent[] {
    const { length } = this.#data;
    const event = { event: this.#event || "message", data: this.#data.join("\n"), id: this.#id };
    this.#event = "";
    this.#data = [];
    return length === 0 ? [] : [event];
  }
}
