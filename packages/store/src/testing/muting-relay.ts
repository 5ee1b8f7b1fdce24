import { once } from "node:events";
import { type Server, type Socket, connect, createServer } from "node:net";

const HEADER_BYTES = 9;
const DATA = 0;
// watch_id -1 as protobuf writes it: the answer to a progress request.
const PROGRESS = Buffer.from("10ffffffffffffffffff01", "hex");

/**
 * An HTTP/2 relay before an etcd that can mute the streams of the moment: their events are dropped, while pings, new
 * streams and even answers to progress requests pass. So a watch looks alive and tells nothing.
 */
export class MutingRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #seen = new Set<string>();
  #muted = new Set<string>();
  dropped = 0;

  static async start(toPort: number): Promise<MutingRelay> {
    const relay = new MutingRelay(toPort);
    await once(relay.#server.listen(0, "127.0.0.1"), "listening");
    return relay;
  }

  private constructor(toPort: number) {
    let connections = 0;
    this.#server = createServer((client) => this.#relay(client, connect(toPort, "127.0.0.1"), ++connections));
  }

  get endpoint(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`;
  }

  /** Mutes every stream that was seen until now. */
  mute(): void {
    this.#muted = new Set(this.#seen);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #relay(client: Socket, server: Socket, connection: number): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(server);
    let rest: Buffer = Buffer.alloc(0);
    server.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let frame = takeFrame(rest); frame !== undefined; frame = takeFrame(rest)) {
        rest = rest.subarray(frame.length);
        if (this.#mayPass(frame, connection)) client.write(frame);
      }
    });
  }

  #mayPass(frame: Buffer, connection: number): boolean {
    const stream = `${connection}/${frame.readUInt32BE(5) & 0x7fffffff}`;
    this.#seen.add(stream);
    if (frame[3] !== DATA || !this.#muted.has(stream) || frame.includes(PROGRESS)) return true;
    this.dropped++;
    return false;
  }
}

function takeFrame(bytes: Buffer): Buffer | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const length = HEADER_BYTES + bytes.readUIntBE(0, 3);
  return bytes.length < length ? undefined : bytes.subarray(0, length);
}
