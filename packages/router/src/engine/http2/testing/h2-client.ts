import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
  connect,
} from "node:http2";

/** An answer that came on one stream. */
export interface StreamAnswered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders | undefined;
  /** 0: the stream ended in order. */
  readonly code: number | undefined;
}

/** A connected client of `shop.example`, trusting an authority in PEM. */
export async function connectH2(port: number, authority: string): Promise<ClientHttp2Session> {
  const session = connect(`https://127.0.0.1:${port}`, { ca: authority, servername: "shop.example" });
  session.on("error", () => undefined);
  await once(session, "connect");
  return session;
}

/** Starts a request to `shop.example`. */
export function start(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  end = true,
): ClientHttp2Stream {
  const stream = session.request(
    { ":authority": "shop.example", ":path": "/", ...headers },
    { endStream: end, waitForTrailers: false },
  );
  stream.on("error", () => undefined);
  return stream;
}

/** Collects the answer on a stream, however that ends. */
export async function answerOn(stream: ClientHttp2Stream): Promise<StreamAnswered> {
  let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let trailers: IncomingHttpHeaders | undefined;
  let body = "";
  stream.on("response", (head) => (headers = head));
  stream.on("trailers", (fields) => (trailers = fields));
  stream.on("data", (chunk: Buffer) => (body += chunk.toString("latin1")));
  await closed(stream);
  return { status: headers[":status"] ?? 0, headers, body, trailers, code: stream.rstCode };
}

/** Resolves when a stream is closed, however it ended. */
export function closed(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve) => void stream.once("close", resolve));
}

/** A request and its answer. */
export function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  body?: string | Buffer,
): Promise<StreamAnswered> {
  const stream = start(session, headers, body === undefined);
  if (body !== undefined) stream.end(body);
  return answerOn(stream);
}
