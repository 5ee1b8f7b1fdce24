// The PROXY protocol, versions 1 and 2: how a load balancer in front tells who its client is.
// https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt

import { parseAddress } from "@wayleave/records/lean";

/** What the header at the start of a connection says. `local`: the balancer speaks for itself (a health check). */
export type ProxyHeader =
  | {
      readonly kind: "client";
      readonly address: string;
      readonly port: number;
      readonly localPort: number;
      readonly bytes: number;
    }
  | { readonly kind: "local"; readonly bytes: number }
  | { readonly kind: "incomplete" }
  | { readonly kind: "invalid"; readonly reason: string };

const SIGNATURE_V2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const SIGNATURE_V1 = Buffer.from("PROXY ", "latin1");
const MAX_V1_BYTES = 107; // section 2.1: the longest line, CRLF included
const HEAD_V2_BYTES = 16;
const MAX_V2_BYTES = 4096; // addresses and TLVs; the protocol allows 64 KiB, no balancer sends as much
const V4_BYTES = 12;
const V6_BYTES = 36;

/**
 * Parses the header at the start of `bytes`: `bytes` of the result is its length. Strict: where the
 * listener expects a header, a connection without a whole and valid one is refused (section 2: a
 * receiver must not guess).
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, SIGNATURE_V2)) return parseV2(bytes);
  if (startsLike(bytes, SIGNATURE_V1)) return parseV1(bytes);
  return invalid("no PROXY header where the listener expects one");
}

/** What there is of `bytes` agrees with the signature. */
function startsLike(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}

function parseV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf("\r\n");
  if (end === -1) {
    return bytes.length < MAX_V1_BYTES ? { kind: "incomplete" } : invalid("the PROXY line has no end");
  }
  const words = bytes.toString("latin1", 0, end).split(" ");
  const length = end + 2;
  const family = words[1];
  if (family === "UNKNOWN") return { kind: "local", bytes: length };
  if ((family !== "TCP4" && family !== "TCP6") || words.length !== 6)
    return invalid("the PROXY line is malformed");
  const address = parseAddress(words[2] ?? "");
  const destination = parseAddress(words[3] ?? "");
  const port = parsePort(words[4]);
  const localPort = parsePort(words[5]);
  if (!address.ok || !destination.ok || port === undefined || localPort === undefined) {
    return invalid("the PROXY line has a bad address or port");
  }
  if ((words[2] ?? "").includes(":") !== (family === "TCP6"))
    return invalid(`the PROXY line's address is not ${family}`);
  return { kind: "client", address: address.value, port, localPort, bytes: length };
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?:0|[1-9]\d{0,4})$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65535 ? port : undefined;
}

function parseV2(bytes: Buffer): ProxyHeader {
  if (bytes.length < HEAD_V2_BYTES) return { kind: "incomplete" };
  const versionAndCommand = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const payload = bytes.readUInt16BE(14);
  const length = HEAD_V2_BYTES + payload;
  if (versionAndCommand >> 4 !== 2) return invalid("the PROXY header's version is not 2");
  const command = versionAndCommand & 15;
  if (command > 1) return invalid("the PROXY header's command is unknown");
  if (length > MAX_V2_BYTES) return invalid("the PROXY header is too long");
  if (bytes.length < length) return { kind: "incomplete" };
  // AF_UNSPEC and Unix sockets name no client that a router could use (section 2.2).
  if (command === 0 || (family !== 0x11 && family !== 0x21)) return { kind: "local", bytes: length };
  return family === 0x11 ? clientV4(bytes, payload) : clientV6(bytes, payload);
}

function clientV4(bytes: Buffer, payload: number): ProxyHeader {
  if (payload < V4_BYTES) return invalid("the PROXY header is too short for its addresses");
  const address = bytes.subarray(16, 20).join(".");
  return {
    kind: "client",
    address,
    port: bytes.readUInt16BE(24),
    localPort: bytes.readUInt16BE(26),
    bytes: HEAD_V2_BYTES + payload,
  };
}

function clientV6(bytes: Buffer, payload: number): ProxyHeader {
  if (payload < V6_BYTES) return invalid("the PROXY header is too short for its addresses");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(16 + 2 * index).toString(16));
  const address = parseAddress(groups.join(":"));
  if (!address.ok) return invalid(address.reason);
  return {
    kind: "client",
    address: address.value,
    port: bytes.readUInt16BE(48),
    localPort: bytes.readUInt16BE(50),
    bytes: HEAD_V2_BYTES + payload,
  };
}

function invalid(reason: string): ProxyHeader {
  return { kind: "invalid", reason };
}
