// One end of a connection that says and sees exactly what is on the wire: the suite's clients and instances.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";

import { openOverHttp2 } from "./over-http2/text-client.ts";

/** What carries the bytes of one end. */
export type RawSocket = Duplex & { resetAndDestroy(): unknown };

/** A message as it came, its body without framing; all text is latin1. */
export interface RawMessage {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly trailers: string;
}

/** How long anything may take to come: long, as the machine may be busy; nothing waits for it to pass. */
const PATIENCE_MS = 15_000;

/** What was waited for did not come, or not whole. */
export class MissingError extends Error {
  override readonly name = "MissingError";
}

/** All values of a field, in order. */
export function valuesOf(message: RawMessage, name: string): string[] {
  const wanted = name.toLowerCase();
  return message.fields.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
}

/** The status of an answer. */
export function statusOf(message: RawMessage): number {
  return Number(message.startLine.split(" ")[1]);
}

/** See the top of this file. */
export class RawConnection {
  readonly socket: RawSocket;
  #received = "";
  #ending: "end" | "reset" | undefined;
  #wake: () => void = () => undefined;

  constructor(socket: RawSocket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#wake();
    });
    socket.on("error", () => this.#end("reset"));
    socket.on("end", () => this.#end("end"));
    socket.on("close", () => this.#end("end"));
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  /** The same over TLS, trusting an authority, as a client of `shop.example`. */
  static async openSecure(
    port: number,
    authority: string,
    protocols: readonly string[] = [],
  ): Promise<RawConnection> {
    const below = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    await once(below, "connect");
    return RawConnection.secure(below, authority, protocols);
  }

  /** A client of `shop.example` whose messages go over HTTP/2: see openOverHttp2. */
  static async openHttp2(port: number, authority: string): Promise<RawConnection> {
    return new RawConnection(await openOverHttp2(port, authority));
  }

  /** Begins a TLS handshake on a connection; resolves when it is over, well or not. */
  static async secure(
    below: Socket,
    authority: string,
    protocols: readonly string[] = [],
  ): Promise<RawConnection> {
    const offered = protocols.length === 0 ? {} : { ALPNProtocols: [...protocols] };
    const socket = connectTls({ socket: below, ca: authority, servername: "shop.example", ...offered });
    // The one above cannot be reset.
    socket.resetAndDestroy = () => {
      below.resetAndDestroy();
      return socket;
    };
    const connection = new RawConnection(socket);
    await new Promise<void>((resolve) => {
      socket.once("secureConnect", resolve).once("close", () => resolve());
    });
    return connection;
  }

  /** What has come and was not read. */
  get unread(): string {
    return this.#received;
  }

  /** How the other side ended it; undefined while it has not. */
  get ending(): "end" | "reset" | undefined {
    return this.#ending;
  }

  send(text: string | Buffer): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Reads a head; the body of the message stays unread. */
  async readHead(): Promise<RawMessage> {
    await this.#until(() => this.#received.includes("\r\n\r\n"), "a head");
    const end = this.#received.indexOf("\r\n\r\n");
    const [startLine = "", ...lines] = this.#take(end + 4)
      .trimEnd()
      .split("\r\n");
    const fields = lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
    return { startLine, fields, body: "", trailers: "" };
  }

  /** Reads a whole message. `isBodiless`: the answer to HEAD, 204 or 304. Throws when it is cut. */
  async readMessage(options: { isBodiless?: boolean } = {}): Promise<RawMessage> {
    const head = await this.readHead();
    if (options.isBodiless === true) return head;
    if (valuesOf(head, "transfer-encoding").length > 0) return { ...head, ...(await this.#readChunks()) };
    const length = valuesOf(head, "content-length")[0];
    if (length !== undefined) return { ...head, body: await this.readBytes(Number(length)) };
    if (!head.startLine.startsWith("HTTP/")) return head;
    return { ...head, body: await this.readToEnd() };
  }

  /** Reads the answer behind those of status 1xx. */
  async readAnswer(): Promise<RawMessage> {
    while (/^HTTP\/\d\.\d 1/.test(this.#received) || !this.#received.includes("\r\n\r\n")) {
      await this.#until(() => this.#received.includes("\r\n\r\n"), "a head");
      if (/^HTTP\/\d\.\d 1/.test(this.#received)) await this.readHead();
    }
    return this.readMessage();
  }

  async readBytes(count: number): Promise<string> {
    await this.#until(() => this.#received.length >= count, `${count} bytes`);
    return this.#take(count);
  }

  /** Reads until a text is there, and with it. */
  async readThrough(text: string): Promise<string> {
    await this.#until(() => this.#received.includes(text), JSON.stringify(text));
    return this.#take(this.#received.indexOf(text) + text.length);
  }

  /** Reads until the other side ends; throws when it resets. */
  async readToEnd(): Promise<string> {
    const ending = await this.ended();
    if (ending === "reset") throw new MissingError("the connection was reset");
    return this.#take(this.#received.length);
  }

  /** Resolves when the other side has ended it. */
  async ended(): Promise<"end" | "reset"> {
    await this.#until(() => this.#ending !== undefined, "the end", true);
    return this.#ending ?? "end";
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  async #readChunks(): Promise<{ body: string; trailers: string }> {
    let body = "";
    for (;;) {
      const size = Number.parseInt(await this.readThrough("\r\n"), 16);
      if (size === 0) break;
      body += await this.readBytes(size);
      if ((await this.readBytes(2)) !== "\r\n") throw new MissingError("a chunk does not end where it says");
    }
    let trailers = "";
    for (;;) {
      const line = await this.readThrough("\r\n");
      if (line === "\r\n") return { body, trailers };
      trailers += line;
    }
  }

  #take(count: number): string {
    const taken = this.#received.slice(0, count);
    this.#received = this.#received.slice(count);
    return taken;
  }

  #end(how: "end" | "reset"): void {
    this.#ending ??= how;
    this.#wake();
  }

  async #until(isThere: () => boolean, what: string, orEnd = false): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!isThere()) {
      if (this.#ending !== undefined && !orEnd) {
        throw new MissingError(
          `${this.#ending} instead of ${what}, after ${JSON.stringify(this.#received.slice(-500))}`,
        );
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, deadline - Date.now());
      await promise;
      clearTimeout(timer);
      if (Date.now() >= deadline) {
        throw new MissingError(`no ${what} came, only ${JSON.stringify(this.#received.slice(-500))}`);
      }
    }
  }
}
