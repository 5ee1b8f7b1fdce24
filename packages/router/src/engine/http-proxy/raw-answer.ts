import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import type { Exchange } from "../../request/exchange.ts";

const MAX_LINGER_MS = 1_000;

/**
 * Answers a failed exchange whose request has no end that could be found, and closes the connection. A
 * client that still sends is let go on for a second, so that it reads the answer before it meets a reset.
 * Gives the bytes of the body.
 */
export function answerRaw(socket: Socket, exchange: Exchange, method: string | undefined): number {
  const { status, headers, body } = exchange.failureAnswer();
  const sent = method === "HEAD" ? Buffer.alloc(0) : body;
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
  for (let index = 0; index < headers.length; index += 2)
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  lines.push(`Content-Length: ${body.length}`, "Connection: close", "", "");
  const timer = setTimeout(() => socket.destroy(), MAX_LINGER_MS);
  socket.once("close", () => clearTimeout(timer));
  socket.write(lines.join("\r\n"), "latin1");
  socket.end(sent);
  socket.resume();
  return sent.length;
}
