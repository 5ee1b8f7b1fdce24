import {
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type SecureServerOptions,
  type ServerOptions,
  createSecureServer,
  createServer,
} from "node:http2";

import type { World } from "../../conformance/world.ts";

/** What an instance does with a stream. */
export type StreamBehaviour = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** An instance that speaks HTTP/2, by node:http2. */
export interface H2Instance extends AsyncDisposable {
  readonly port: number;
  /** All connections since the start, and those that are open. */
  readonly sessions: readonly ServerHttp2Session[];
  readonly open: ReadonlySet<ServerHttp2Session>;
  /** The fields of all requests, flat, as they came. */
  readonly requests: readonly (readonly string[])[];
}

/** Starts one on a free port: over TLS with a `key`, else in clear text. */
export async function startH2Instance(
  behave: StreamBehaviour,
  options: SecureServerOptions = {},
): Promise<H2Instance> {
  const server = options.key === undefined ? createServer(options) : createSecureServer(options);
  const sessions: ServerHttp2Session[] = [];
  const open = new Set<ServerHttp2Session>();
  const requests: (readonly string[])[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    open.add(session);
    session.on("error", () => undefined);
    session.on("close", () => open.delete(session));
  });
  server.on("stream", (stream: ServerHttp2Stream, headers, _flags, raw) => {
    requests.push(raw ?? []);
    stream.on("error", () => undefined);
    behave(stream, headers);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    sessions,
    open,
    requests,
    async [Symbol.asyncDispose]() {
      for (const session of open) session.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

/** Starts one in clear text, as an instance of a world's app. */
export async function h2cInstanceIn(
  world: World,
  behave: StreamBehaviour,
  options?: ServerOptions,
): Promise<H2Instance> {
  return world.adopt(await startH2Instance(behave, options), "h2c");
}

/** Answers with a small body. */
export const answerOk: StreamBehaviour = (stream) => {
  stream.respond({ ":status": 200 });
  stream.end("ok");
};
