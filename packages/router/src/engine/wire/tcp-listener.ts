import { type Server, createServer } from "node:net";

import type { Client } from "../../request/exchange.ts";
import type { ListenOn } from "../engine.ts";
import { type AcceptedHandle, acceptHandles } from "./accepted-handle.ts";

/** Takes an accepted connection, which reads nothing yet. */
export type Accept = (handle: AcceptedHandle, client: Client) => void;

/** One listening socket, and where its connections go. */
export class TcpListener {
  readonly #server: Server;
  readonly #accept: Accept;
  readonly #isTls: boolean;
  #port = 0;

  constructor(accept: Accept, { isTls }: { readonly isTls: boolean }) {
    this.#accept = accept;
    this.#isTls = isTls;
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    // A connection that could not be accepted (no file descriptor left) is no reason to end.
    this.#server.on("error", () => undefined);
  }

  /** Starts to accept. Rejects when the port is taken. */
  listen(on: ListenOn): Promise<{ readonly port: number }> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen("handle" in on ? on.handle : { host: on.host, port: on.port }, () => {
        this.#server.off("error", reject);
        acceptHandles(this.#server, (handle) => this.#onAccepted(handle));
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

  #onAccepted(handle: AcceptedHandle): void {
    const { address, port } = nameOf(handle);
    // Without an address it is gone already.
    if (address === undefined || port === undefined) return handle.close();
    handle.setNoDelay(true);
    this.#accept(handle, { address, port, localPort: this.#port, isTls: this.#isTls });
  }
}

function nameOf(handle: AcceptedHandle): { readonly address?: string; readonly port?: number } {
  const name = {};
  return handle.getpeername(name) === 0 ? name : {};
}
