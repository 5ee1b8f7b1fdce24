import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";

/** An instance that writes down what it reads, by Node's own parser: one that no engine here is made of. */
export class ReadingInstance {
  readonly #server: Server;
  #read: string[] = [];

  private constructor() {
    this.#server = createServer(
      {
        insecureHTTPParser: false,
        requireHostHeader: false,
        maxHeaderSize: 64 * 1024,
        keepAliveTimeout: 60_000,
      },
      (request, response) => this.#serve(request, response),
    );
    this.#server.maxHeadersCount = 0;
  }

  static async start(): Promise<ReadingInstance> {
    const instance = new ReadingInstance();
    await new Promise<void>((resolve) => void instance.#server.listen(0, "127.0.0.1", resolve));
    return instance;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** The whole requests that came since the last call, in the form of {@link RequestCase.reads}. */
  takeRead(): string[] {
    const read = this.#read;
    this.#read = [];
    return read;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    let body = "";
    request.setEncoding("latin1");
    request.on("data", (text: string) => (body += text));
    request.on("error", () => undefined);
    request.on("end", () => {
      if (!request.complete) return;
      this.#read.push(written(request, body));
      response.writeHead(200, { "Content-Length": 2 }).end("ok");
    });
  }
}

function written(request: IncomingMessage, body: string): string {
  let text = `${request.method} ${request.url}`;
  if (body !== "") text += ` ${body}`;
  for (let index = 0; index < request.rawTrailers.length; index += 2) {
    text += ` + ${request.rawTrailers[index]}: ${request.rawTrailers[index + 1]}`;
  }
  return text;
}
