import { type Server, type Socket, createServer } from "node:net";

import type { Client } from "../../request/exchange.ts";
import type { ListenOn } from "../engine.ts";

/** Takes an accepted connection, which reads nothing yet. */
export type Accept = (socket: Socket, client: Client) => void;

/** One listening socket, and where its connections go. */
export class TcpListener {
  readonly #server: Server;
  readonly #isTls: boolean;
  #port = 0;

  constructor(accept: Accept, { isTls }: { readonly isTls: boolean }) {
    this.#isTls = isTls;
    const options = { pauseOnConnect: true, allowHalfOpen: true, noDelay: true };
    this.#server = createServer(options, (socket) => this.#accept(socket, accept));
    // A connection that could not be accepted (no file descriptor left) is no reason to end.
    this.#server.on("error", () => undefined);
  }

  /** Starts to accept. Rejects when the port is taken. */
  listen(on: ListenOn): Promise<{ readonly port: number }> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen("handle" in on ? on.handle : { host: on.host, port: on.port }, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        this.#port = typeof address === "object" && address !== null ? address.port : 0;
        resolve({ port: this.#port });
      });
    });
  }

  /** Stops accepting; connections live on. */
  close(): void {
    this.#server.close();
  }

  #accept(socket: Socket, accept: Accept): void {
    const { remoteAddress: address, remotePort: port } = socket;
    // Without an address it is gone already. What is asked of this socket is forgotten with it: its successor
    // would keep it, and an idle connection is to be small.
    if (address === undefined || port === undefined) socket.destroy();
    else accept(socket, { address, port, localPort: this.#port, isTls: this.#isTls });
  }
}
