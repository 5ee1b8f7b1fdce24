// `node instance.ts PORT`: an instance of the benchmark on node:net, with as little work as it takes: a small answer at
// `/`, 100 KB at `/large`; a request's body is read to its end, then answered.

import { type Socket, createServer } from "node:net";

const [port = "0"] = process.argv.slice(2);
const SMALL = answerOf(130);
const LARGE = answerOf(100_000);
const END_OF_HEAD = "\r\n\r\n";

function answerOf(bytes: number): Buffer {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${bytes}\r\n\r\n`;
  return Buffer.from(head + "x".repeat(bytes), "latin1");
}

/** Reads the requests of one connection, one after the other: a proxy does not pipeline. */
class Requests {
  readonly #socket: Socket;
  #head = "";
  #missing: number | undefined;
  #answer = SMALL;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  read(bytes: Buffer): void {
    if (this.#missing === undefined) this.#readHead(bytes);
    else this.#missing -= bytes.length;
    if (this.#missing !== 0) return;
    this.#missing = undefined;
    this.#head = "";
    this.#socket.write(this.#answer);
  }

  #readHead(bytes: Buffer): void {
    const before = this.#head.length;
    this.#head += bytes.latin1Slice(0, Math.min(bytes.length, 16_384));
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end === -1) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1] ?? 0);
    this.#answer = this.#head.startsWith("GET /large ") ? LARGE : SMALL;
    this.#missing = length - (bytes.length - (end + END_OF_HEAD.length - before));
  }
}

createServer({ noDelay: true }, (socket) => {
  const requests = new Requests(socket);
  socket.on("data", (bytes: Buffer) => requests.read(bytes));
  socket.on("error", () => {}); // the proxy cut it
}).listen(Number(port), "127.0.0.1", 4096);
