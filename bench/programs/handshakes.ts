// `node handshakes.ts PORT SECONDS KIND AUTHORITY HOST [HOSTS]`: TLS handshakes, some at once; prints their number as
// JSON. KIND: full, or resumed. With HOSTS, a number, each is for one of host-0.HOST ... at random, and the first ones for
// each in turn. Ends with an error when one fails, or is not of the kind.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type ConnectionOptions, type TLSSocket, connect } from "node:tls";

const [port, seconds, kind, authority = "", host = "", hosts = "0"] = process.argv.slice(2);
const AT_ONCE = 8;
const options: ConnectionOptions = {
  host: "127.0.0.1",
  port: Number(port),
  ca: readFileSync(authority),
  // One group for all: left alone OpenSSL 3.5 takes the post-quantum X25519MLKEM768, which older ones do not have.
  ecdhCurve: "X25519",
};

function hostOf(at: number): string {
  const count = Number(hosts);
  if (count === 0) return host;
  return `host-${at < count ? at : Math.floor(Math.random() * count)}.${host}`;
}

/** A ticket; under TLS 1.3 it comes behind the handshake. */
async function takeSession(): Promise<Buffer> {
  const socket = connect({ ...options, servername: host });
  const [session]: unknown[] = await once(socket, "session");
  await finish(socket);
  if (session instanceof Buffer) return session;
  throw new TypeError("no session came");
}

/** In order: a client that only cut the connection would do so before the last of its handshake is out. */
async function finish(socket: TLSSocket): Promise<void> {
  const closed = once(socket, "close");
  socket.resume().end();
  await closed;
}

const session = kind === "resumed" ? await takeSession() : undefined;
const until = performance.now() + Number(seconds) * 1_000;
let count = 0;

async function shakeHands(): Promise<void> {
  while (performance.now() < until) {
    const resumes = session === undefined ? {} : { session };
    const socket = connect({ ...options, servername: hostOf(count++), ...resumes });
    await once(socket, "secureConnect");
    if (socket.isSessionReused() !== (session !== undefined)) throw new Error(`a handshake was not ${kind}`);
    await finish(socket);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, shakeHands));
process.stdout.write(`${JSON.stringify({ handshakes: count })}\n`);
