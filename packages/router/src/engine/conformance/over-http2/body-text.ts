import type { ClientHttp2Stream } from "node:http2";

/** Sends what follows a head of HTTP/1.1, as latin1 text, on a stream. */
export interface BodyText {
  /** Nothing is missing. */
  isWhole: boolean;
  /** Gives what does not belong to it. */
  take(text: string): string;
}

function write(stream: ClientHttp2Stream, text: string): void {
  if (text !== "" && !stream.destroyed && !stream.writableEnded) stream.write(text, "latin1");
}

/** A body of so many bytes. */
export function sizedText(stream: ClientHttp2Stream, length: number): BodyText {
  let left = length;
  return {
    isWhole: left === 0,
    take(text) {
      write(stream, text.slice(0, left));
      const rest = text.slice(left);
      left -= Math.min(left, text.length);
      this.isWhole = left === 0;
      if (this.isWhole) stream.end();
      return rest;
    },
  };
}

/** A body in chunks, with trailers behind them. */
export function chunkedText(stream: ClientHttp2Stream): BodyText {
  let kept = "";
  return {
    isWhole: false,
    take(text) {
      kept += text;
      for (;;) {
        const lineEnd = kept.indexOf("\r\n");
        const size = Number.parseInt(kept, 16);
        if (lineEnd === -1) return "";
        if (size === 0) break;
        if (kept.length < lineEnd + 4 + size) return "";
        write(stream, kept.slice(lineEnd + 2, lineEnd + 2 + size));
        kept = kept.slice(lineEnd + 4 + size);
      }
      const end = kept.indexOf("\r\n\r\n");
      if (end === -1) return "";
      const trailers = kept
        .slice(kept.indexOf("\r\n") + 2, end)
        .split("\r\n")
        .filter(Boolean);
      stream.once("wantTrailers", () => stream.sendTrailers(trailerFields(trailers)));
      stream.end();
      this.isWhole = true;
      return kept.slice(end + 4);
    },
  };
}

function trailerFields(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.map((line) => line.split(": ")));
}

/** All that comes. */
export function tunnelText(stream: ClientHttp2Stream): BodyText {
  return {
    isWhole: false,
    take(text) {
      write(stream, text);
      return "";
    },
  };
}
