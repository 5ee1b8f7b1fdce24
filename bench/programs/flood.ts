// `node flood.ts KIND PORT CONNECTIONS`: attackers, each on an HTTP/2 connection of its own. One that is ended comes again half a
// second to one and a half later, and so not always with the others. Writes "open" when all have begun, and each second a line of JSON: frames so far, and how connections ended.

import { type TLSSocket, connect } from "node:tls";
import { setTimeout as delay } from "node:timers/promises";

import {
  GOAWAY,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  frame,
} from "../../packages/router/src/engine/http2/testing/frames.ts";
import { HOST } from "../contenders/contender.ts";
import { FLOODS, type FloodKind } from "../../packages/router/src/engine/http2/testing/floods.ts";

const [name = "", port = "0", connections = "1"] = process.argv.slice(2);
const STEPS_AT_ONCE = 50;
const COME_AGAIN_MS = 1_000;
/** Who is told to go may say nothing more, but need not close either. */
const CODES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
];
const MORE_CODES = [
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
];

const told = { frames: 0, streamsReset: {} as Record<string, number>, ended: {} as Record<string, number> };

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

function nameOf(code: number): string {
  return [...CODES, ...MORE_CODES][code] ?? String(code);
}

/** Attacks on one connection until that is ended. */
async function attack(kind: FloodKind): Promise<void> {
  const tls = { servername: HOST, ALPNProtocols: ["h2"], rejectUnauthorized: false };
  const socket = connect({ port: Number(port), host: "127.0.0.1", ...tls });
  let reason = "closed without a word";
  socket.on(
    "data",
    reader((type, payload) => {
      if (type === GOAWAY) reason = `GOAWAY ${nameOf(payload.readUInt32BE(4))}`;
      if (type === RST_STREAM) count(told.streamsReset, nameOf(payload.readUInt32BE(0)));
    }),
  );
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  const began = new Promise<void>((resolve) => void socket.once("secureConnect", resolve));
  await Promise.race([began, closed]);
  const flooding = flood(kind, socket, closed);
  await closed;
  await flooding;
  count(told.ended, reason);
}

async function flood(kind: FloodKind, socket: TLSSocket, closed: Promise<void>): Promise<void> {
  socket.write(PREFACE);
  socket.write(Buffer.concat([frame(SETTINGS, 0, 0, kind.settings ?? ""), ...(kind.first ?? [])]));
  const { steps = Number.POSITIVE_INFINITY, everyMs } = kind;
  const atOnce = everyMs === undefined ? STEPS_AT_ONCE : 1;
  for (let step = 0, stream = 1; step < steps && !socket.destroyed; step += atOnce) {
    const frames: Buffer[] = [];
    for (let at = 0; at < atOnce; at += 1, stream += 2) frames.push(...kind.step(stream));
    told.frames += frames.length;
    const isTaken = socket.write(Buffer.concat(frames));
    const drained = new Promise<void>((resolve) => void socket.once("drain", resolve));
    if (!isTaken) await Promise.race([drained, closed]);
    // The others of this process want to attack too.
    else await delay(everyMs ?? 0);
  }
}

/** Takes bytes and gives frames. */
function reader(onFrame: (type: number, payload: Buffer) => void): (bytes: Buffer) => void {
  let kept = Buffer.alloc(0);
  return (bytes) => {
    kept = Buffer.concat([kept, bytes]);
    while (kept.length >= 9 && kept.length >= 9 + kept.readUIntBE(0, 3)) {
      const end = 9 + kept.readUIntBE(0, 3);
      onFrame(kept[3] ?? 0, kept.subarray(9, end));
      kept = kept.subarray(end);
    }
  };
}

async function comeAgain(kind: FloodKind): Promise<never> {
  for (;;) {
    await attack(kind);
    await delay(COME_AGAIN_MS * (0.5 + Math.random()));
  }
}

const kind = FLOODS[name];
if (kind === undefined) throw new Error(`no flood is called ${name}`);
for (let at = 0; at < Number(connections); at += 1) void comeAgain(kind);
process.stdout.write("open\n");
setInterval(() => process.stdout.write(`${JSON.stringify(told)}\n`), 250);
