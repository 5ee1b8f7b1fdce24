// `node slow-crowd.ts PORT HEADS BODIES DEAF`: opens so many connections that send a head, or a body, byte by byte, and so many
// that ask for a large answer and never read it. Writes a line of JSON for "open" when all are there, and four times a second one
// of how they have ended so far.

import { type Socket, connect } from "node:net";

import { HOST } from "../contenders/contender.ts";

const [port = 0, heads = 0, bodies = 0, deaf = 0] = process.argv.slice(2).map(Number);
const BYTE_EVERY_MS = 3_000;
const TICK_MS = 3;
const BATCH = 200;

type Kind = "heads" | "bodies" | "deaf";
const ended: Record<Kind, Record<string, number>> = { heads: {}, bodies: {}, deaf: {} };

const BEGINNINGS: Record<Kind, string> = {
  heads: `GET /attacked HTTP/1.1\r\nHost: ${HOST}\r\nX-Slow: `,
  bodies: `POST /attacked HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1000000\r\n\r\n`,
  deaf: `GET /attacked/large HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
};

const dripping = new Set<Socket>();

/** Resolves when it is open, and has sent its beginning. */
function open(kind: Kind): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    let status = "no answer";
    if (kind !== "deaf") socket.on("data", (bytes) => (status = bytes.toString("latin1", 9, 12)));
    // Who never reads does not see the end either: only a byte that is refused tells of it.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      dripping.delete(socket);
      ended[kind][status] = (ended[kind][status] ?? 0) + 1;
      resolve();
    });
    socket.once("connect", () => {
      if (kind === "deaf") socket.pause();
      socket.write(BEGINNINGS[kind]);
      dripping.add(socket);
      resolve();
    });
  });
}

/** A byte on each connection within {@link BYTE_EVERY_MS}, spread over that time: slow clients do not keep step. */
function drip(): void {
  let left: Socket[] = [];
  let due = 0;
  let last = performance.now();
  setInterval(() => {
    if (left.length === 0) left = [...dripping];
    const now = performance.now();
    due += (dripping.size * (now - last)) / BYTE_EVERY_MS;
    last = now;
    const share = Math.floor(due);
    due -= share;
    for (const socket of left.splice(-share, share)) socket.write("x");
  }, TICK_MS);
}

async function main(): Promise<void> {
  // Heads, which have the shortest time, come last.
  const kinds: Kind[] = [
    ...Array.from({ length: deaf }, (): Kind => "deaf"),
    ...Array.from({ length: bodies }, (): Kind => "bodies"),
    ...Array.from({ length: heads }, (): Kind => "heads"),
  ];
  drip();
  for (let at = 0; at < kinds.length; at += BATCH) await Promise.all(kinds.slice(at, at + BATCH).map(open));
  process.stdout.write(`${JSON.stringify({ open: dripping.size })}\n`);
  setInterval(() => process.stdout.write(`${JSON.stringify({ ended, left: dripping.size })}\n`), 250);
}

await main();
