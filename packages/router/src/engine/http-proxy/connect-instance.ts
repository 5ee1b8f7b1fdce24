import { connect, type Socket } from "node:net";
import { TLSSocket } from "node:tls";

import type { InstanceEntry } from "../../table/instance-entry.ts";
import { refuseProtocol } from "../failed-socket.ts";
import { connectSecure } from "../instance-tls/connect-secure.ts";
import type { Trust } from "../instance-tls/trusts.ts";

/** How an instance is connected to, and how long that may take. */
export interface ConnectOptions {
  readonly instance: InstanceEntry;
  /** What it has to prove; undefined: nothing. */
  readonly trust: Trust | undefined;
  readonly connectMs: number;
}

/**
 * Connects to an instance; calls back once, with the connection or an error whose `code` is Node's (`ETIMEDOUT` when
 * `connectMs` are over). Destroying the socket it gives ends the attempt without a call.
 */
export function connectInstance(
  options: ConnectOptions,
  done: (result: { socket: Socket } | { error: Error }) => void,
): Socket {
  const socket = open(options);
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
  socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", () => settle({ socket }));
  socket.once("close", () => {
    isSettled = true;
    clearTimeout(timer);
  });
  return socket;
}

function open({ instance, trust }: ConnectOptions): Socket {
  const { protocol, address: host, port } = instance.record;
  if (protocol === "http") return connect({ host, port, noDelay: true, keepAlive: true });
  if (protocol !== "https" || trust === undefined) return refuseProtocol(instance);
  const secure = connectSecure(instance, { trust, protocols: ["http/1.1"] });
  secure.allowHalfOpen = false;
  return secure;
}
