import { type ClientHttp2Session, connect } from "node:http2";

import { HOST } from "../contenders/contender.ts";
import type { LoadClient, LoadObserver } from "./client.ts";

/** One HTTP/2 connection of a load over TLS, made when there is something to send, with one request at a time. */
export class Http2Client implements LoadClient {
  readonly #port: number;
  readonly #path: string;
  readonly #observer: LoadObserver;
  #session: ClientHttp2Session | undefined;
  isBusy = false;

  constructor(plan: { readonly port: number; readonly path: string }, observer: LoadObserver) {
    this.#port = plan.port;
    this.#path = plan.path;
    this.#observer = observer;
  }

  send(dueAt: number): void {
    this.isBusy = true;
    this.#session ??= this.#connect();
    const stream = this.#session.request({ ":authority": HOST, ":path": this.#path });
    let status = 0;
    let isWhole = false;
    stream.on("response", (headers) => (status = headers[":status"] ?? 0));
    stream.on("end", () => (isWhole = stream.rstCode === 0 || stream.rstCode === undefined));
    stream.on("error", () => undefined); // a close follows
    stream.on("close", () => {
      this.isBusy = false;
      if (status === 200 && isWhole) this.#observer.answered(this, performance.now() - dueAt);
      else this.#observer.failed(this);
    });
    stream.resume();
  }

  destroy(): void {
    this.#session?.destroy();
  }

  #connect(): ClientHttp2Session {
    // Who it is was proved before: what is measured is time.
    const session = connect(`https://127.0.0.1:${this.#port}`, {
      servername: HOST,
      rejectUnauthorized: false,
    });
    session.on("error", () => undefined);
    session.on("close", () => (this.#session = undefined));
    return session;
  }
}
