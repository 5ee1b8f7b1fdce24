// A client for cases that are written in HTTP/1.1: it sends what their requests mean over HTTP/2, one after the other, and says in
// HTTP/1.1 what comes back. What has no meaning there is no case for it.

import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { type Socket, connect } from "node:net";
import { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";

import { type AnswerTextReceiver, relayAnswerText } from "./stream-answer-text.ts";
import { type StreamRequest, startRequest } from "./stream-request.ts";

/** Opens a connection as a client of `shop.example` that trusts an authority; resolves when it is there, or refused. */
export async function openOverHttp2(
  port: number,
  authority: string,
): Promise<Duplex & { resetAndDestroy(): void }> {
  const below = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(below, "connect");
  const protocols = { ALPNProtocols: ["h2"], servername: "shop.example" };
  const secure = connectTls({ socket: below, ca: authority, ...protocols });
  const session = connectHttp2("https://shop.example", { createConnection: () => secure });
  const client = new TextClient(session, below);
  await new Promise<void>((resolve) => {
    // Only then it is known whether it takes WebSockets.
    session.once("remoteSettings", () => resolve()).once("close", () => resolve());
  });
  return client.socket;
}

class TextClient implements AnswerTextReceiver {
  readonly socket: Duplex & { resetAndDestroy(): void };
  readonly #session: ClientHttp2Session;
  /** What was said and not sent yet, as latin1 text. */
  #text = "";
  #request: StreamRequest | undefined;
  #isAnswered = false;
  isLast = false;

  constructor(session: ClientHttp2Session, below: Socket) {
    this.#session = session;
    const socket = new Duplex({
      write: (chunk: Buffer, _encoding, done) => this.#write(chunk, done),
      final: (done) => {
        below.end();
        done();
      },
      read: () => void this.#request?.stream.resume(),
      destroy: (error, done) => {
        below.destroy();
        done(error);
      },
    });
    const resetAndDestroy = (): void => void below.resetAndDestroy();
    this.socket = Object.assign(socket, { resetAndDestroy });
    session.on("goaway", () => this.#onLast());
    session.on("error", () => undefined);
    session.on("close", () => socket.push(null));
  }

  say(text: string): void {
    if (this.socket.readableEnded || this.socket.destroyed) return;
    if (!this.socket.push(Buffer.from(text, "latin1"))) this.#request?.stream.pause();
  }

  onAnswered(isWhole: boolean): void {
    // A cut answer ends the connection of a client of HTTP/1.1, and so does that of a tunnel.
    if (!isWhole || this.#request?.isTunnel === true) {
      this.#session.destroy();
      return;
    }
    this.#isAnswered = true;
    if (this.isLast) this.#session.close();
    this.#advance();
  }

  #onLast(): void {
    this.isLast = true;
    if (this.#request === undefined) this.#session.close();
  }

  #write(chunk: Buffer, done: () => void): void {
    this.#text += chunk.toString("latin1");
    this.#advance();
    const stream = this.#request?.stream;
    if (stream?.writableNeedDrain !== true) return done();
    const proceed = (): void => {
      stream.off("drain", proceed).off("close", proceed);
      done();
    };
    stream.on("drain", proceed).on("close", proceed);
  }

  #advance(): void {
    while (this.#request !== undefined || this.#begin()) {
      const { body } = this.#request ?? {};
      if (body?.isWhole === false) this.#text = body.take(this.#text);
      if (body?.isWhole !== true || !this.#isAnswered) return;
      this.#request = undefined;
    }
  }

  /** Starts the next request; false: there is none. */
  #begin(): boolean {
    const end = this.#text.indexOf("\r\n\r\n");
    if (end === -1 || this.#session.closed || this.#session.destroyed) return false;
    this.#isAnswered = false;
    this.#request = startRequest(this.#session, this.#text.slice(0, end));
    this.#text = this.#text.slice(end + 4);
    relayAnswerText(this.#request, this);
    return true;
  }
}
