import { describe, expect, it } from "vitest";

import { FirstFrames, countFields } from "./first-frames.ts";
import { FLOODS } from "./testing/floods.ts";
import {
  DATA,
  END,
  END_HEADERS,
  HEADERS,
  PING,
  PREFACE,
  SETTINGS,
  WINDOW_UPDATE,
  fieldBlock,
  frame,
  reset,
  uint32,
} from "./testing/frames.ts";

const BEGINNING = Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]);
const MAX_FIELDS = 1_000;
const [PADDED, PRIORITY] = [8, 32];
const request = fieldBlock([
  [":method", "POST"],
  [":scheme", "https"],
  [":authority", "a.example"],
  [":path", "/"],
]);
const asked = (stream: number): Buffer => frame(HEADERS, END_HEADERS, stream, request);

/** What the frames of a client's first bytes come to, all at once and byte by byte; undefined: no flood. */
function read(frames: readonly Buffer[]): string | undefined {
  const bytes = Buffer.concat([BEGINNING, ...frames]);
  const whole = new FirstFrames(MAX_FIELDS).read(bytes);
  const reader = new FirstFrames(MAX_FIELDS);
  let slow: string | undefined;
  for (let length = 1; length <= bytes.length && slow === undefined; length++)
    slow = reader.read(bytes.subarray(0, length));
  expect(slow).toBe(whole);
  return whole;
}

const many = (count: number, step: (stream: number) => Buffer | readonly Buffer[]): Buffer[] =>
  Array.from({ length: count }, (_, at) => step(2 * at + 1)).flat();

const windowed = (stream: number): Buffer[] => [asked(stream), frame(WINDOW_UPDATE, 0, stream, uint32(1e6))];

describe("the first frames of a client", () => {
  it.each([
    ["reset", 10, (stream: number) => [asked(stream), reset(stream, 8)]],
    ["ping", 10, () => frame(PING, 0, 0, Buffer.alloc(8))],
    ["settings", 4, () => frame(SETTINGS, 0, 0)],
    ["frames", 20, () => frame(WINDOW_UPDATE, 0, 0, uint32(1))],
    ["frames", 20, () => frame(DATA, 0, 1)],
    ["frames", 20, () => frame(0xaa, 0, 0, "nobody knows it")],
  ])("are a flood (%s) when there are more than %d of a kind", (kind, count, step) => {
    expect(read(many(count, step))).toBeUndefined();
    expect(read(many(count + 1, step))).toBe(kind);
  });

  it.each([
    ["a hundred requests", many(100, asked)],
    [
      "a hundred bodies of nothing, each ended",
      many(100, (stream) => [asked(stream), frame(DATA, END, stream)]),
    ],
    ["a thousand messages of a few bytes", [asked(1), ...many(1_000, () => frame(DATA, 0, 1, "x"))]],
    ["a window for each of a hundred requests", many(100, windowed)],
    ["settings and a window, as browsers begin", [frame(WINDOW_UPDATE, 0, 0, uint32(1e6)), asked(1)]],
  ])("are no flood with %s", (_, frames) => {
    expect(read(frames)).toBeUndefined();
  });

  it("have begun with the settings behind the preface, and are urgent with a request", () => {
    const reader = new FirstFrames(MAX_FIELDS);
    reader.read(BEGINNING.subarray(0, -1));
    expect(reader).toMatchObject({ hasBegun: false, isUrgent: false });
    reader.read(BEGINNING);
    expect(reader).toMatchObject({ hasBegun: true, isUrgent: false });
    reader.read(Buffer.concat([BEGINNING, asked(1)]));
    expect(reader).toMatchObject({ hasBegun: true, isUrgent: true });
  });

  it.each([
    ["that are no preface", Buffer.from("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")],
    ["with a frame that is too large", Buffer.concat([BEGINNING, Buffer.alloc(64, 0xff)])],
  ])("%s are left to nghttp2 at once", (_, bytes) => {
    const reader = new FirstFrames(MAX_FIELDS);
    expect(reader.read(bytes)).toBeUndefined();
    expect(reader).toMatchObject({ hasBegun: true, isUrgent: true });
  });

  it("are a flood when a head names more fields than any may have, at a byte each", () => {
    expect(read([...(FLOODS["header bomb"]?.step(1) ?? [])])).toBe("refused");
    const fields = Buffer.alloc(MAX_FIELDS, 0x82);
    expect(read([frame(HEADERS, END_HEADERS, 1, fields)])).toBeUndefined();
    const before = Buffer.from([200, 0, 0, 0, 0, 16]);
    const padded = Buffer.concat([before, fields, Buffer.alloc(200, 0x82)]);
    expect(read([frame(HEADERS, END_HEADERS | PADDED | PRIORITY, 1, padded)])).toBeUndefined();
    expect(read([frame(HEADERS, END_HEADERS | PRIORITY, 1, padded)])).toBe("refused");
  });
});

describe("the fields of a block", () => {
  const long = "x".repeat(126);

  it.each([
    [
      "literals with names",
      fieldBlock([
        ["a", "b"],
        ["c", long],
      ]),
      2,
    ],
    ["names of the table, kept or not", Buffer.from([0x41, 1, 0x61, 0x04, 1, 0x62, 0x14, 0]), 3],
    ["names far back in the table", Buffer.from([0x7f, 0x80, 0x01, 1, 0x61, 0x0f, 0x10, 0, 0xff, 0x01]), 3],
    [
      "a value of 300 bytes",
      Buffer.concat([Buffer.from([0x41, 0x7f, 0xad, 0x01]), Buffer.alloc(300, 0x82)]),
      1,
    ],
    ["sizes of the table, which are no fields", Buffer.from([0x20, 0x3f, 0xe1, 0x1f, 0x82]), 1],
    ["none", Buffer.alloc(0), 0],
  ])("are counted: %s", (_, block, count) => {
    expect(countFields(block)).toBe(count);
  });

  it("are counted to its end, however long it says that they are", () => {
    expect(countFields(Buffer.from([0x82, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]))).toBe(2);
    expect(countFields(Buffer.alloc(1_000, 0xff))).toBe(1);
  });
});
