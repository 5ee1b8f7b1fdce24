import { connect, type Socket } from "node:net";

/** The address of an instance, and how long it may take to accept. */
export interface ConnectOptions {
  readonly address: string;
  readonly port: number;
  readonly connectMs: number;
}

/**
 * Connects to an instance; calls back once, with the connection or an error whose `code` is the
 * system's (`ETIMEDOUT` when `connectMs` are over). Destroying the socket it gives ends the attempt
 * without a call.
 */
export function connectInstance(
  options: ConnectOptions,
  done: (result: { socket: Socket } | { error: Error }) => void,
): Socket {
  const socket = connect({ host: options.address, port: options.port, noDelay: true, keepAlive: true });
  const timer = setTimeout(() => {
    settle({ error: Object.assign(new Error("the instance did not accept in time"), { code: "ETIMEDOUT" }) });
    socket.destroy();
  }, options.connectMs);
  let isSettled = false;
  const settle = (result: { socket: Socket } | { error: Error }): void => {
    clearTimeout(timer);
    if (isSettled) return;
    isSettled = true;
    done(result);
  };
  // This listener stays: between two requests nobody else listens, and an error would end the process.
  socket.on("error", (error) => settle({ error }));
  socket.once("connect", () => settle({ socket }));
  socket.once("close", () => {
    isSettled = true;
    clearTimeout(timer);
  });
  return socket;
}
