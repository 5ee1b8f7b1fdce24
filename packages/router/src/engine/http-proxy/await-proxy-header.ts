import type { Socket } from "node:net";

import { type ProxyHeader, parseProxyHeader } from "../proxy-protocol.ts";

/** What a valid header says. */
type ValidHeader = Extract<ProxyHeader, { kind: "client" | "local" }>;

/**
 * Reads the PROXY header at the start of a connection and gives back what came behind it. A connection
 * without a whole and valid one within `headMs` is cut, without a word.
 */
export function awaitProxyHeader(
  socket: Socket,
  headMs: number,
  onHeader: (header: ValidHeader) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const late = setTimeout(() => socket.destroy(), headMs);
  const over = (): void => {
    clearTimeout(late);
    socket.off("data", onData);
    socket.off("end", onEnd);
    socket.off("close", over);
  };
  const onEnd = (): void => void socket.destroy();
  const onData = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk]);
    const header = parseProxyHeader(bytes);
    if (header.kind === "incomplete") return;
    over();
    if (header.kind === "invalid") return void socket.destroy();
    socket.pause();
    const rest = bytes.subarray(header.bytes);
    if (rest.length > 0) socket.unshift(rest);
    onHeader(header);
    socket.resume();
  };
  socket.on("data", onData);
  socket.on("end", onEnd);
  socket.on("close", over);
}
