import { type Server, type Socket, createServer } from "node:net";

import type { AnswerCase } from "./raw-case.ts";
import { lines } from "./raw-case.ts";

const SENTINEL_ANSWER = lines("HTTP/1.1 200 OK", "Content-Length: 8", "") + "sentinel";

/** An instance that answers each request with a case's bytes, and one for `/sentinel` well. */
export class AnsweringInstance {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #case: AnswerCase | undefined;
  #served: { target: string; socket: Socket }[] = [];

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  static async start(): Promise<AnsweringInstance> {
    const instance = new AnsweringInstance();
    await new Promise<void>((resolve) => void instance.#server.listen(0, "127.0.0.1", resolve));
    return instance;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** From now on answers with this case. */
  play(rawCase: AnswerCase): void {
    this.#case = rawCase;
    this.#served = [];
  }

  /** The last request came on the connection of the first one. */
  get isKept(): boolean {
    return this.#served.length > 1 && this.#served.at(0)?.socket === this.#served.at(-1)?.socket;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    let head = "";
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("end", () => socket.end());
    socket.on("data", (chunk: Buffer) => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      const target = head.split(" ")[1] ?? "";
      head = "";
      this.#served.push({ target, socket });
      if (target === "/sentinel") socket.write(SENTINEL_ANSWER, "latin1");
      else this.#answer(socket);
    });
  }

  #answer(socket: Socket): void {
    if (this.#case === undefined) return;
    const { bytes, after = "keep" } = this.#case;
    if (after === "reset") socket.write(bytes, "latin1", () => socket.resetAndDestroy());
    else if (after === "end") socket.end(bytes, "latin1");
    else socket.write(bytes, "latin1");
  }
}
