import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type handleUnaryCall,
  status,
} from "@grpc/grpc-js";

type Unary = handleUnaryCall<Buffer, Buffer>;
type Writing = ServerWritableStream<Buffer, Buffer>;

const asIs = (message: Buffer): Buffer => message;
const POURED_BYTES = 64 * 1024;

/** A gRPC server of grpc-js, over HTTP/2 in clear text, that takes messages as they are. */
export class GrpcApp implements AsyncDisposable {
  /** Calls that hang, now. */
  hanging = 0;
  /** Messages of 64 KiB that `Pour` has written so far. */
  poured = 0;
  /** The metadata of the last call. */
  metadata: Metadata | undefined;
  readonly #server = new Server({ "grpc.max_receive_message_length": -1 });
  #port = 0;

  static async start(): Promise<GrpcApp> {
    const app = new GrpcApp();
    app.#register();
    app.#port = await new Promise<number>((resolve, reject) => {
      const onBound = (error: Error | null, port: number): void =>
        error === null ? resolve(port) : reject(error);
      app.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), onBound);
    });
    return app;
  }

  get port(): number {
    return this.#port;
  }

  /** Says GOAWAY on all connections, and finishes what runs. */
  drain(): void {
    this.#server.drain(`127.0.0.1:${this.#port}`, 10_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    await Promise.resolve();
  }

  #register(): void {
    const add = this.#server.register.bind(this.#server);
    add("/test/Unary", (...call: Parameters<Unary>) => this.#unary(...call), asIs, asIs, "unary");
    add("/test/Fail", fail, asIs, asIs, "unary");
    add("/test/Sum", sum, asIs, asIs, "clientStream");
    add("/test/Many", many, asIs, asIs, "serverStream");
    add("/test/Hang", (call: Writing) => this.#hang(call), asIs, asIs, "serverStream");
    add("/test/Pour", (call: Writing) => this.#pour(call), asIs, asIs, "serverStream");
    add("/test/Echo", echo, asIs, asIs, "bidi");
  }

  #unary(...[call, callback]: Parameters<Unary>): void {
    this.metadata = call.metadata;
    const initial = new Metadata();
    initial.set("x-initial", "first");
    call.sendMetadata(initial);
    const trailers = new Metadata();
    trailers.set("x-last-bin", Buffer.from([0, 1, 255]));
    callback(null, Buffer.from(`${call.request.length} bytes`), trailers);
  }

  #hang(call: Writing): void {
    this.hanging++;
    call.on("cancelled", () => this.hanging--);
  }

  /** Writes for as long as it may. */
  #pour(call: Writing): void {
    const message = Buffer.alloc(POURED_BYTES);
    const fill = (): void => {
      do this.poured++;
      while (!call.cancelled && call.write(message));
    };
    call.on("drain", fill);
    fill();
  }
}

function fail(_call: unknown, callback: sendUnaryData<Buffer>): void {
  callback({ code: status.NOT_FOUND, details: "no such thing: ü" });
}

function sum(call: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void {
  let bytes = 0;
  call.on("data", (message: Buffer) => (bytes += message.length));
  call.on("end", () => callback(null, Buffer.from(String(bytes))));
}

function many(call: Writing): void {
  for (const text of ["one", "two", "three"]) call.write(Buffer.from(text));
  call.end();
}

function echo(call: ServerDuplexStream<Buffer, Buffer>): void {
  call.on("data", (message: Buffer) => call.write(message));
  call.on("end", () => call.end());
}
