import type { Socket } from "node:net";

/**
 * Ends a connection at once, with a reset where there can be one. While our end is on its way libuv refuses to reset; Node
 * forgets the handle then without closing it, "close" never comes, and the process spins when it should exit.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
