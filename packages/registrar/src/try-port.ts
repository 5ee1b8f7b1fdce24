import { type Socket, connect } from "node:net";

/** A port to connect to, and for how long to try. */
export interface PortQuestion {
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** What became of a connection. Nobody listens when it is refused; who is silent may be busy, and so may this machine be. */
export type PortAnswer = "accepted" | "refused" | "unclear";

/** Opens a TCP connection, and closes it. Rejects with the signal's reason only. */
export function tryPort({ address, port, timeoutMs, signal }: PortQuestion): Promise<PortAnswer> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<PortAnswer>();
  const socket = connect({ host: address, port });
  const settle = (answer: PortAnswer): void => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
    resolve(answer);
  };
  const onAbort = (): void => {
    socket.destroy();
    reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  socket.setTimeout(timeoutMs, () => settle("unclear"));
  socket.once("connect", () => settle(isSelfConnected(socket) ? "refused" : "accepted"));
  socket.once("error", ({ code }: NodeJS.ErrnoException) =>
    settle(code === "ECONNREFUSED" ? "refused" : "unclear"),
  );
  return promise;
}

// Who calls an unused local port may be given that very port to call from, and TCP then connects it to
// itself (RFC 9293 section 3.5, simultaneous open).
function isSelfConnected(socket: Socket): boolean {
  return socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;
}
