import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket, type TLSSocketOptions } from "node:tls";

import { MissingError, RawConnection, type RawMessage } from "./raw-connection.ts";

/** What an instance does with a connection, from its first byte on. It ends where the router cuts it. */
export type Behaviour = (connection: RawConnection, instance: TestInstance) => Promise<void>;

/** A real instance on loopback whose behaviour is written byte by byte. */
export class TestInstance {
  /** All requests that were read by `read`. */
  readonly requests: RawMessage[] = [];
  /** Connections since the start. */
  accepted = 0;
  /** Of these, those that are over their handshake, if there was one. */
  secured = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #open = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `secure`: its connections are over TLS, and it behaves from the end of the handshake on. */
  static async start(behave: Behaviour, secure?: TLSSocketOptions): Promise<TestInstance> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const instance = new TestInstance(server);
    const begin = (socket: Socket): void => {
      instance.secured++;
      instance.#open.add(socket);
      for (const event of ["end", "close"]) socket.once(event, () => instance.#open.delete(socket));
      behave(new RawConnection(socket), instance).catch((error: unknown) => {
        if (!(error instanceof MissingError)) throw error;
      });
    };
    server.on("connection", (accepted) => {
      instance.accepted++;
      instance.#sockets.add(accepted);
      accepted.once("close", () => instance.#sockets.delete(accepted));
      if (secure === undefined) begin(accepted);
      else secureFirst(accepted, secure, begin);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    return instance;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Connections now that the router has not closed. */
  get open(): number {
    return this.#open.size;
  }

  /** Reads one request and keeps it. */
  async read(connection: RawConnection): Promise<RawMessage> {
    const request = await connection.readMessage();
    this.requests.push(request);
    return request;
  }

  /** Accepts nothing more and cuts what is there; its port refuses from now on. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** An instance that answers every request the same way, on kept connections. */
export function answering(answer: string): Behaviour {
  return async (connection, instance) => {
    for (;;) {
      await instance.read(connection);
      connection.send(answer);
    }
  };
}

/** A small whole answer. */
export function ok(body = "ok"): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function secureFirst(
  accepted: Socket,
  options: TLSSocketOptions,
  onSecured: (socket: TLSSocket) => void,
): void {
  const socket = new TLSSocket(accepted, { ...options, isServer: true });
  // The one above cannot be reset.
  socket.resetAndDestroy = () => {
    accepted.resetAndDestroy();
    return socket;
  };
  socket.on("error", () => undefined).once("secure", () => onSecured(socket));
}
