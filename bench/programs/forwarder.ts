// `node forwarder.ts PORT INSTANCE_PORT,INSTANCE_PORT [TLS_PORT PEM]`: the least that a proxy on node:net can do. It reads as the wire
// engine does, into one shared buffer, so that what the router adds to it is the router's own.

import { readFileSync } from "node:fs";
import { type Socket, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";

import { takeHandle } from "../../packages/router/src/engine/wire/accepted-handle.ts";
import { adoptHandle, connectSocket } from "../../packages/router/src/engine/wire/shared-read.ts";

const [port = "0", instances = "", tlsPort, pem] = process.argv.slice(2);
const targets = instances.split(",").map(Number);
let turn = 0;

/** Sends what one socket receives out on another, and holds the first back while the second does not keep up. */
class OneWay {
  from: Socket | undefined;
  to: Socket | undefined;

  onBytes(bytes: Buffer, length: number): void {
    const { from, to } = this;
    // The buffer is used again as soon as this returns.
    if (to?.write(Buffer.from(bytes.subarray(0, length))) !== false) return;
    from?.pause();
    to.once("drain", () => from?.resume());
  }

  onDefect(): void {
    this.from?.destroy();
  }
}

function join(open: (up: OneWay) => Socket): void {
  const up = new OneWay();
  const down = new OneWay();
  const client = open(up);
  const instance = connectSocket("127.0.0.1", targets[turn++ % targets.length] ?? 0, down);
  client.setNoDelay(true);
  [up.from, up.to, down.from, down.to] = [client, instance, instance, client];
  for (const [one, other] of [
    [client, instance],
    [instance, client],
  ] as const) {
    one.on("end", () => other.end());
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
  client.resume();
}

const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (accepted) =>
  join((up) => adoptHandle(takeHandle(accepted), up)),
);
server.listen(Number(port), "127.0.0.1", 4096);

if (tlsPort !== undefined && pem !== undefined) {
  const both = readFileSync(pem);
  const options = { cert: both, key: both, ALPNProtocols: ["h2", "http/1.1"], allowHalfOpen: true };
  const tlsServer = createTlsServer(options, (secure) =>
    join((up) => secure.on("data", (chunk: Buffer) => up.onBytes(chunk, chunk.length))),
  );
  tlsServer.listen(Number(tlsPort), "127.0.0.1", 4096);
}
