import type { Socket } from "node:net";

import type { Direction } from "./link.ts";
import { OneWay } from "./one-way.ts";
import { resetSocket } from "./reset-socket.ts";

/** One connection through a link: the client's socket, the server's, and the two ways between them. */
export class LinkPair {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #toServer: OneWay;
  readonly #toClient: OneWay;

  constructor(client: Socket, server: Socket) {
    this.#client = client;
    this.#server = server;
    this.#toServer = new OneWay(client, server);
    this.#toClient = new OneWay(server, client);
  }

  /** Calls back when both sockets are closed. */
  onceClosed(callback: () => void): void {
    let open = 2;
    for (const socket of [this.#client, this.#server]) {
      socket.once("close", () => {
        open -= 1;
        if (open === 0) callback();
      });
    }
  }

  setFaults({ frozen, delayMs }: { frozen: Direction | undefined; delayMs: number }): void {
    this.#toServer.setFaults({ isFrozen: frozen === "both" || frozen === "to-server", delayMs });
    this.#toClient.setFaults({ isFrozen: frozen === "both" || frozen === "to-client", delayMs });
  }

  /** Ends both with a reset, and forgets what was held. */
  reset(): void {
    this.#toServer.forget();
    this.#toClient.forget();
    resetSocket(this.#client);
    resetSocket(this.#server);
  }
}
