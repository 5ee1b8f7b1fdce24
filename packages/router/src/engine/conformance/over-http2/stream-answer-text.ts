import type { StreamRequest } from "./stream-request.ts";

/** Where the text of an answer goes. */
export interface AnswerTextReceiver {
  /** No request follows on the connection. */
  readonly isLast: boolean;
  say(text: string): void;
  /** The stream is over, and its answer whole or not. */
  onAnswered(isWhole: boolean): void;
}

/** Says in HTTP/1.1 what comes back on a stream. */
export function relayAnswerText(request: StreamRequest, receiver: AnswerTextReceiver): void {
  const { stream } = request;
  let framing: "none" | "chunked" = "none";
  let trailers = "";
  let isWhole = false;
  stream.on("headers", (_headers, _flags, raw) => receiver.say(headText(raw ?? [], "")));
  stream.on("response", (_headers, flags, raw) => {
    const fields = raw ?? [];
    if (mayHaveBody(request, fields, flags)) framing = "chunked";
    receiver.say(headText(fields, connectionFields(request, fields, framing, receiver.isLast)));
  });
  stream.on("trailers", (_headers, _flags, raw) => (trailers = fieldLines(raw ?? [])));
  stream.on("data", (chunk: Buffer) => {
    const text = chunk.toString("latin1");
    receiver.say(framing === "none" ? text : `${text.length.toString(16)}\r\n${text}\r\n`);
  });
  stream.on("end", () => {
    isWhole = !stream.aborted && !stream.rstCode;
    if (isWhole && framing === "chunked") receiver.say(`0\r\n${trailers}\r\n`);
    if (isWhole) receiver.onAnswered(true);
  });
  stream.on("error", () => undefined);
  stream.on("close", () => isWhole || receiver.onAnswered(false));
}

const END_STREAM = 1;

/** A stream that has not ended, and says no length: HTTP/1.1 says that by chunks (RFC 9112 section 6.1). */
function mayHaveBody(request: StreamRequest, raw: readonly string[], flags: number): boolean {
  const status = statusOf(raw);
  const isBodiless = request.method === "HEAD" || status === "204" || status === "304";
  if (isBodiless || (request.isTunnel && status === "200") || (flags & END_STREAM) !== 0) return false;
  return !raw.some((name, at) => at % 2 === 0 && name === "content-length");
}

function connectionFields(
  { isTunnel }: StreamRequest,
  raw: readonly string[],
  framing: string,
  isLast: boolean,
): string {
  if (isTunnel && statusOf(raw) === "200") return "connection: upgrade\r\nupgrade: websocket\r\n";
  return (
    (framing === "chunked" ? "transfer-encoding: chunked\r\n" : "") + (isLast ? "connection: close\r\n" : "")
  );
}

/** A WebSocket is agreed to by 200 on HTTP/2, and by 101 on HTTP/1.1 (RFC 8441 section 5). */
function headText(raw: readonly string[], more: string): string {
  const status = more.includes("upgrade: websocket") ? "101" : statusOf(raw);
  return `HTTP/1.1 ${status} \r\n${fieldLines(raw)}${more}\r\n`;
}

function statusOf(raw: readonly string[]): string {
  return raw[raw.indexOf(":status") + 1] ?? "";
}

function fieldLines(raw: readonly string[]): string {
  let lines = "";
  for (let at = 0; at < raw.length; at += 2)
    if (raw[at]?.startsWith(":") === false) lines += `${raw[at]}: ${raw[at + 1]}\r\n`;
  return lines;
}
