import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseProxyHeader } from "./proxy-protocol.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

function v2({
  command = 1,
  family = 0x11,
  payload = V4,
}: {
  command?: number;
  family?: number;
  payload?: Buffer;
}): Buffer {
  const head = Buffer.alloc(16);
  head.write(SIGNATURE, "latin1");
  head.writeUInt8(0x20 | command, 12);
  head.writeUInt8(family, 13);
  head.writeUInt16BE(payload.length, 14);
  return Buffer.concat([head, payload]);
}

const V4 = Buffer.from([192, 0, 2, 7, 198, 51, 100, 1, 0xdb, 0xba, 0x1f, 0x90]);
const V6 = Buffer.concat([
  Buffer.from("20010db8000000000000000000000007", "hex"),
  Buffer.from("20010db8000000000000000000000001", "hex"),
  Buffer.from([0xdb, 0xba, 0x1f, 0x90]),
]);
const CLIENT = { kind: "client", port: 56250, localPort: 8080 };

describe("parseProxyHeader", () => {
  it.each([
    [
      "version 1, IPv4",
      Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 56250 8080\r\nGET /"),
      { ...CLIENT, address: "192.0.2.7", bytes: 46 },
    ],
    [
      "version 1, IPv6",
      Buffer.from("PROXY TCP6 2001:DB8::7 2001:db8::1 56250 8080\r\n"),
      { ...CLIENT, address: "2001:db8::7" },
    ],
    [
      "version 1, unknown",
      Buffer.from("PROXY UNKNOWN ffff:: ::1 1 2\r\nGET /"),
      { kind: "local", bytes: 30 },
    ],
    ["version 2, IPv4", v2({}), { ...CLIENT, address: "192.0.2.7", bytes: 28 }],
    ["version 2, IPv6", v2({ family: 0x21, payload: V6 }), { ...CLIENT, address: "2001:db8::7", bytes: 52 }],
    [
      "version 2 with TLVs",
      v2({ payload: Buffer.concat([V4, Buffer.from([4, 0, 1, 0])]) }),
      { ...CLIENT, address: "192.0.2.7", bytes: 32 },
    ],
    ["version 2, local", v2({ command: 0 }), { kind: "local", bytes: 28 }],
    [
      "version 2, a Unix socket",
      v2({ family: 0x31, payload: Buffer.alloc(216) }),
      { kind: "local", bytes: 232 },
    ],
  ])("reads %s", (_, bytes, expected) => {
    expect(parseProxyHeader(bytes)).toMatchObject(expected);
  });

  it.each([
    ["a request without a header", Buffer.from("GET / HTTP/1.1\r\n"), "no PROXY header"],
    ["a line without an end", Buffer.from(`PROXY TCP4 ${"1".repeat(200)}`), "no end"],
    ["too few words", Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 56250\r\n"), "malformed"],
    ["an unknown family", Buffer.from("PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n"), "malformed"],
    ["a name for an address", Buffer.from("PROXY TCP4 client.example 198.51.100.1 1 2\r\n"), "bad address"],
    ["an address of the other family", Buffer.from("PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n"), "not TCP4"],
    [
      "a port out of range",
      Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n"),
      "bad address or port",
    ],
    [
      "a port with a leading zero",
      Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n"),
      "bad address or port",
    ],
    ["two spaces", Buffer.from("PROXY  TCP4 192.0.2.7 198.51.100.1 1 2\r\n"), "malformed"],
    ["an unknown command", v2({ command: 5 }), "command"],
    ["addresses cut short", v2({ payload: Buffer.alloc(4) }), "too short"],
    ["a header of 64 KiB", v2({ payload: Buffer.alloc(65_535) }), "too long"],
  ])("refuses %s", (_, bytes, reason) => {
    expect(parseProxyHeader(bytes)).toMatchObject({
      kind: "invalid",
      reason: expect.stringContaining(reason),
    });
  });

  it("waits for more, wherever a valid header is cut, and never takes bytes of the request", () => {
    const headers = [
      Buffer.from("PROXY TCP4 192.0.2.7 198.51.100.1 56250 8080\r\n"),
      v2({}),
      v2({ family: 0x21, payload: V6 }),
    ];
    for (const header of headers) {
      for (let cut = 0; cut < header.length; cut += 1) {
        expect(parseProxyHeader(header.subarray(0, cut))).toEqual({ kind: "incomplete" });
      }
      expect(parseProxyHeader(Buffer.concat([header, Buffer.from("GET /")]))).toMatchObject({
        bytes: header.length,
      });
    }
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom("", "PROXY ", SIGNATURE),
        (tail, start) => {
          expect(parseProxyHeader(Buffer.concat([Buffer.from(start, "latin1"), tail]))).toHaveProperty(
            "kind",
          );
        },
      ),
    );
  });
});
