import { type Socket, connect } from "node:net";

import { HOST } from "../contenders/contender.ts";
import type { LoadPlan } from "../load/load.ts";

/** One connection of a load, with one request at a time. */
export interface LoadClient {
  readonly isBusy: boolean;
  /** Sends the request; `dueAt` by performance.now(). */
  send(dueAt: number): void;
  destroy(): void;
}

/** Who is told how the requests of a client end. */
export interface LoadObserver {
  /** A whole answer of status 200; milliseconds since it was due. */
  answered(client: LoadClient, tookMs: number): void;
  /** There was none. */
  failed(client: LoadClient): void;
}

const READ_INTO = Buffer.allocUnsafeSlow(256 * 1024);
const END_OF_HEAD = "\r\n\r\n";

/** One of HTTP/1.1, made when there is something to send. */
export class Client implements LoadClient {
  readonly #port: number;
  readonly #isNewEachTime: boolean;
  readonly #observer: LoadObserver;
  readonly #request: Buffer;
  #socket: Socket | undefined;
  #dueAt = 0;
  isBusy = false;
  /** What is still missing of the answer; undefined: its head. */
  #missing: number | undefined;
  #head = "";

  constructor(plan: Pick<LoadPlan, "port" | "path" | "bodyBytes" | "isNewEachTime">, observer: LoadObserver) {
    this.#port = plan.port;
    this.#isNewEachTime = plan.isNewEachTime;
    this.#observer = observer;
    this.#request = requestOf(plan);
  }

  send(dueAt: number): void {
    this.isBusy = true;
    this.#dueAt = dueAt;
    this.#missing = undefined;
    this.#head = "";
    this.#socket ??= this.#connect();
    this.#socket.write(this.#request);
  }

  destroy(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #connect(): Socket {
    const callback = (length: number, bytes: Uint8Array): boolean => {
      if (this.#socket === socket) this.#read(Buffer.from(bytes.buffer, bytes.byteOffset, length));
      return true;
    };
    const socket = connect({
      port: this.#port,
      host: "127.0.0.1",
      noDelay: true,
      onread: { buffer: READ_INTO, callback },
    });
    socket.on("error", () => {}); // a close follows
    socket.on("close", () => this.#socket === socket && this.#fail());
    return socket;
  }

  #read(bytes: Buffer): void {
    if (!this.isBusy) return this.#fail();
    if (this.#missing === undefined) this.#readHead(bytes);
    else this.#missing -= bytes.length;
    if (this.#missing === undefined) return;
    if (this.#missing < 0) return this.#fail();
    if (this.#missing === 0) this.#end();
  }

  #readHead(bytes: Buffer): void {
    const before = this.#head.length;
    this.#head += bytes.latin1Slice(0, Math.min(bytes.length, 8_192));
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end === -1) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1];
    const isGood = this.#head.startsWith("HTTP/1.1 200 ") && length !== undefined;
    // What is no good ends as an answer that is too long does.
    this.#missing = isGood ? Number(length) - (bytes.length - (end + END_OF_HEAD.length - before)) : -1;
  }

  #end(): void {
    this.isBusy = false;
    const tookMs = performance.now() - this.#dueAt;
    if (this.#isNewEachTime) this.destroy();
    this.#observer.answered(this, tookMs);
  }

  #fail(): void {
    const wasBusy = this.isBusy;
    this.isBusy = false;
    this.destroy();
    // A kept connection that is closed between two requests is nobody's error.
    if (wasBusy) this.#observer.failed(this);
  }
}

function requestOf({
  path,
  bodyBytes,
  isNewEachTime,
}: Pick<LoadPlan, "path" | "bodyBytes" | "isNewEachTime">): Buffer {
  const fields = [`Host: ${HOST}`];
  if (isNewEachTime) fields.push("Connection: close");
  if (bodyBytes > 0) fields.push(`Content-Length: ${bodyBytes}`);
  const head = `${bodyBytes > 0 ? "POST" : "GET"} ${path} HTTP/1.1\r\n${fields.join("\r\n")}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.alloc(bodyBytes, "x")]);
}
