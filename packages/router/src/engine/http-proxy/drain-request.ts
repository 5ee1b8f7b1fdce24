import type { IncomingMessage } from "node:http";

const MAX_DRAINED_BYTES = 1024 * 1024;
const MAX_DRAIN_MS = 5_000;

/**
 * Reads and forgets the rest of a body that nobody wants: a client that is still sending would get a reset
 * instead of the answer if the connection were closed in its face. Up to 1 MiB and 5 s; then it is closed.
 */
export function drainRequest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroySoon(), MAX_DRAIN_MS);
  const stop = (): void => {
    clearTimeout(timer);
    socket.off("close", stop);
  };
  let drained = 0;
  request.unpipe();
  request.on("data", (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > MAX_DRAINED_BYTES) socket.destroySoon();
  });
  request.once("end", stop);
  socket.once("close", stop);
  request.resume();
}
