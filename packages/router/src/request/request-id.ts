import { randomFillSync } from "node:crypto";

const SANE = /^[A-Za-z0-9._~:=+/@-]{1,128}$/;

/**
 * The id of an exchange: what a trusted proxy said, when it is sane enough for a log and a header; else
 * a new UUID of version 4 (RFC 9562 section 5.4).
 */
export function requestIdFor(said: string | undefined): string {
  return said !== undefined && SANE.test(said) ? said : nextUuid();
}

/** The line that carries it, to the app and to the client. */
export function requestIdLine(id: string): string {
  return "X-Request-Id: " + id + "\r\n";
}

// Many are written at once into one text, of which each is a slice: `randomUUID` joins twenty pieces for each, and
// these would be joined again in each of the two heads that carry it (0.15 us a request).
const AT_ONCE = 256;
const UUID_BYTES = 16;
const UUID_LENGTH = 36;
const entropy = Buffer.alloc(AT_ONCE * UUID_BYTES);
const written = Buffer.alloc(AT_ONCE * UUID_LENGTH);
const HEX = Buffer.from("0123456789abcdef");
const DASH = 0x2d;
/** A dash stands before these bytes. */
const isAfterDash = Uint8Array.from({ length: UUID_BYTES }, (_, at) => Number([4, 6, 8, 10].includes(at)));
let uuids = "";
let next = 0;

function nextUuid(): string {
  if (next === uuids.length) writeUuids();
  next += UUID_LENGTH;
  return uuids.slice(next - UUID_LENGTH, next);
}

function writeUuids(): void {
  randomFillSync(entropy);
  let to = 0;
  for (let from = 0; from < entropy.length; from++) {
    const at = from % UUID_BYTES;
    const byte = withVersion(entropy[from] ?? 0, at);
    if (isAfterDash[at] === 1) written[to++] = DASH;
    written[to++] = HEX[byte >> 4] ?? 0;
    written[to++] = HEX[byte & 0xf] ?? 0;
  }
  uuids = written.toString("latin1");
  next = 0;
}

/** The four bits of the version, and the two of the variant. */
function withVersion(byte: number, at: number): number {
  if (at === 6) return (byte & 0x0f) | 0x40;
  return at === 8 ? (byte & 0x3f) | 0x80 : byte;
}
