// What a client says first (RFC 8446 section 4.1.2), read for one thing: the host that it names. A handshake so begins with
// its host's certificate: to have OpenSSL ask for it in the middle costs another turn of the event loop, and a copy.
//
// OpenSSL reads the same bytes, and judges them: what is malformed names no host here, and is refused there.

const HANDSHAKE_RECORD = 22;
const RECORD_HEADER_BYTES = 5;
const CLIENT_HELLO = 1;
const HELLO_HEADER_BYTES = 4;
/** Version and random. */
const FIXED_BYTES = 2 + 32;
const SERVER_NAME = 0;
const HOST_NAME = 0;
/** Browsers take 2 KiB; what is larger than this names no host. It is read anew with each part that comes. */
const MAX_BYTES = 16 * 1024;
const NONE = Buffer.alloc(0);

/** The host that a client names, as it stands there; "": none. undefined: more bytes are needed to know. */
export function readServername(bytes: Buffer): string | undefined {
  const hello = readHello(bytes);
  if (hello === undefined) return undefined;
  let at = HELLO_HEADER_BYTES + FIXED_BYTES;
  at += 1 + byteAt(hello, at); // session
  at += 2 + numberAt(hello, at); // suites
  at += 1 + byteAt(hello, at); // compression
  const end = at + 2 + numberAt(hello, at);
  at += 2;
  while (at + 4 <= end && end <= hello.length) {
    const length = numberAt(hello, at + 2);
    if (numberAt(hello, at) === SERVER_NAME) return hostName(hello.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return "";
}

/** The whole message, however many records it came in; empty: this is none. undefined: more bytes are needed. */
function readHello(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let length = 0;
  let wanted = 0;
  for (let at = 0; at < MAX_BYTES;) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE_RECORD) return NONE;
    const from = at + RECORD_HEADER_BYTES;
    if (from > bytes.length) return undefined;
    at = from + numberAt(bytes, at + 3);
    const part = bytes.subarray(from, at);
    parts.push(part);
    length += part.length;
    if (wanted === 0 && length >= HELLO_HEADER_BYTES) {
      wanted = helloBytes(part.length === length ? part : Buffer.concat(parts));
      if (wanted === 0 || wanted > MAX_BYTES) return NONE;
    }
    if (wanted > 0 && length >= wanted) {
      return part.length === length ? part.subarray(0, wanted) : Buffer.concat(parts, wanted);
    }
    if (at > bytes.length) return undefined;
  }
  return NONE;
}

/** How long a message is that begins so; 0: it is another one. */
function helloBytes(beginning: Buffer): number {
  if (beginning[0] !== CLIENT_HELLO) return 0;
  return HELLO_HEADER_BYTES + (byteAt(beginning, 1) << 16) + numberAt(beginning, 2);
}

/** RFC 6066 section 3: a list, and of each type of name one at most; there is no other type. */
function hostName(list: Buffer): string {
  const length = numberAt(list, 3);
  if (list.length !== 5 + length || numberAt(list, 0) !== 3 + length || list[2] !== HOST_NAME) return "";
  return list.toString("latin1", 5);
}

/** 0 beyond the end: then what follows from it is beyond the end, too. */
function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

function numberAt(bytes: Buffer, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}
