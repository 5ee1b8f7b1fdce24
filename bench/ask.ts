import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import { buffer } from "node:stream/consumers";

const WITHIN_MS = 5_000;

/** One request on loopback. */
export interface Question {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with POST. */
  readonly body?: Buffer;
  /** Whose connections to use; default: one for this request alone. */
  readonly agent?: Agent;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends one request and reads the whole answer. Rejects when none comes within 5 s. */
export async function ask({ port, host, path = "/", headers, body, agent }: Question): Promise<Answer> {
  const outgoing = request({
    host: "127.0.0.1",
    port,
    path,
    method: body === undefined ? "GET" : "POST",
    headers: { host, ...headers, ...(body !== undefined && { "content-length": body.length }) },
    agent: agent ?? false,
    signal: AbortSignal.timeout(WITHIN_MS),
  });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  outgoing.on("error", reject);
  outgoing.on("response", (answer) => {
    buffer(answer).then(
      (read) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: read }),
      reject,
    );
  });
  outgoing.end(body);
  return promise;
}
