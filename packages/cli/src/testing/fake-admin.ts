import { type ServerResponse, createServer } from "node:http";

/** An admin listener whose streams say what a test wants. */
export interface FakeAdmin extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The URLs of the requests so far, without those that only ask whether it lives. */
  readonly asked: readonly string[];
  /** The streams that are open now. */
  readonly open: number;
  /** Sends a message on every open stream. */
  send(message: object): void;
  /** Cuts every open stream. */
  cut(): void;
}

/** Starts one; `greet` gives what each stream begins with, and `answers` what other paths answer. */
export async function startFakeAdmin({
  greet = [],
  answers = {},
}: {
  readonly greet?: readonly object[];
  readonly answers?: Readonly<Record<string, unknown>>;
}): Promise<FakeAdmin> {
  const streams = new Set<ServerResponse>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    if (path !== "/livez") asked.push(request.url ?? "");
    if (path === "/api/stream" || path === "/api/tap") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": hello\n\n");
      for (const message of greet) write(response, message);
      streams.add(response);
      response.once("close", () => streams.delete(response));
      return;
    }
    const answer = path === "/livez" ? { live: true } : answers[path];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { status: 404, detail: `there is no ${path}` }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("it has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked,
    get open() {
      return streams.size;
    },
    send: (message) => {
      for (const response of streams) write(response, message);
    },
    cut: () => {
      for (const response of streams) response.destroy();
    },
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function write(response: ServerResponse, message: object): void {
  response.write(`id: 1\ndata: ${JSON.stringify(message)}\n\n`);
}
