// HTTP/2 frame by frame (RFC 9113 section 4), for instances that say what node:http2 would not.

import type { RawConnection } from "../../conformance/raw-connection.ts";

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;
/** END_STREAM on DATA and HEADERS, ACK on SETTINGS and PING. */
export const END = 1;
export const END_HEADERS = 4;

/** What a client begins with (RFC 9113 section 3.4). */
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** A frame as it is on the wire. */
export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ""): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

/** A field block of literals that nobody keeps (RFC 7541 section 6.2.2); names and values of less than 127 bytes. */
export function fieldBlock(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const parts = fields.flatMap(([name, value]) => [
    Buffer.from([0, name.length]),
    Buffer.from(name, "latin1"),
    Buffer.from([value.length]),
    Buffer.from(value, "latin1"),
  ]);
  return Buffer.concat(parts);
}

/** A HEADERS frame of a status and more fields. */
export function headers(
  stream: number,
  status: number,
  fields: readonly (readonly [name: string, value: string])[] = [],
  flags = 0,
): Buffer {
  return frame(HEADERS, END_HEADERS | flags, stream, fieldBlock([[":status", String(status)], ...fields]));
}

/** An unsigned number of four bytes: an error code, an increment, a stream. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** One setting (RFC 9113 section 6.5.1). */
export function setting(id: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([0, id]), uint32(value)]);
}

export function reset(stream: number, code: number): Buffer {
  return frame(RST_STREAM, 0, stream, uint32(code));
}

export function goaway(lastStream: number, code: number): Buffer {
  return frame(GOAWAY, 0, 0, Buffer.concat([uint32(lastStream), uint32(code)]));
}

/** The instance's side of a beginning connection: the preface and the settings are read, and its own settings sent. */
export async function accept(connection: RawConnection, settings: Buffer | string = ""): Promise<void> {
  await connection.readBytes(PREFACE.length);
  connection.send(frame(SETTINGS, 0, 0, settings));
  await readUntil(connection, SETTINGS);
}

export async function readFrame(connection: RawConnection): Promise<Frame> {
  const head = Buffer.from(await connection.readBytes(9), "latin1");
  const payload = Buffer.from(await connection.readBytes(head.readUIntBE(0, 3)), "latin1");
  return { type: head[3] ?? 0, flags: head[4] ?? 0, stream: head.readUInt32BE(5), payload };
}

/** Reads on to a frame of a type; settings are acknowledged on the way. */
export async function readUntil(connection: RawConnection, type: number): Promise<Frame> {
  for (;;) {
    const read = await readFrame(connection);
    if (read.type === SETTINGS && read.flags !== END) connection.send(frame(SETTINGS, END, 0));
    if (read.type === type) return read;
  }
}
