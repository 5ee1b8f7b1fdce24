// Instances that fail in HTTP/2's own ways, each with the row of the failure table that it gives.

import type { FailureCode } from "../../../request/failures.ts";
import type { RawConnection } from "../../conformance/raw-connection.ts";
import type { Behaviour } from "../../conformance/test-instance.ts";
import {
  CONTINUATION,
  DATA,
  END,
  END_HEADERS,
  HEADERS,
  PUSH_PROMISE,
  SETTINGS,
  WINDOW_UPDATE,
  accept,
  fieldBlock,
  frame,
  goaway,
  headers,
  readUntil,
  reset,
  setting,
  uint32,
} from "../testing/frames.ts";

const MAX_CONCURRENT_STREAMS = 3;

/** Takes the connection, reads a request on stream `id`, and says something about it. */
function afterRequest(say: (id: number, connection: RawConnection) => Buffer): Behaviour {
  return async (connection, self) => {
    await accept(connection);
    for (;;) {
      const { stream } = await readUntil(connection, HEADERS);
      self.requests.push({ startLine: "", fields: [], body: "", trailers: "" });
      connection.send(say(stream, connection));
    }
  };
}

function times(count: number, make: (index: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
}

const raw = (id: number, block: Buffer | string): Buffer => frame(HEADERS, END_HEADERS, id, block);
const fields = (id: number, ...list: (readonly [string, string])[]): Buffer => raw(id, fieldBlock(list));

/** What an instance does before its answer's head is whole, and the row that it gives. */
export const BEFORE_THE_ANSWER: Record<string, [Behaviour, FailureCode, status: number]> = {
  "closes at once": [async (connection) => connection.end(), "connect-failed", 502],
  "answers in HTTP/1.1": [
    async (connection) => {
      await connection.readBytes(24);
      connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    },
    "connect-wrong-protocol",
    502,
  ],
  "closes after the preface": [
    async (connection) => {
      await connection.readBytes(24);
      connection.end();
    },
    "connect-failed",
    502,
  ],
  "allows no stream": [
    async (connection) => await accept(connection, setting(MAX_CONCURRENT_STREAMS, 0)),
    "answer-refused",
    503,
  ],
  "closes when it has the request": [
    afterRequest((_, connection) => {
      connection.end();
      return Buffer.alloc(0);
    }),
    "answer-cut",
    502,
  ],
  "resets without an error": [afterRequest((id) => reset(id, 0)), "answer-cut", 502],
  "resets for a fault of the protocol": [afterRequest((id) => reset(id, 1)), "answer-malformed", 502],
  "resets for a fault of its own": [afterRequest((id) => reset(id, 2)), "answer-cut", 502],
  "refuses the stream": [afterRequest((id) => reset(id, 7)), "answer-refused", 503],
  "cancels the stream": [afterRequest((id) => reset(id, 8)), "answer-cut", 502],
  "wants HTTP/1.1": [afterRequest((id) => reset(id, 13)), "connect-wrong-protocol", 502],
  "says GOAWAY above which the request is": [afterRequest(() => goaway(0, 0)), "answer-refused", 503],
  "says GOAWAY with an error": [afterRequest((id) => goaway(id, 2)), "answer-cut", 502],
  "sends DATA before a head": [afterRequest((id) => frame(DATA, END, id, "x")), "answer-malformed", 502],
  "sends no status": [afterRequest((id) => fields(id, ["x-a", "b"])), "answer-malformed", 502],
  "sends two statuses": [
    afterRequest((id) => fields(id, [":status", "200"], [":status", "204"])),
    "answer-malformed",
    502,
  ],
  "sends a status that is no number": [
    afterRequest((id) => fields(id, [":status", "2x0"])),
    "answer-malformed",
    502,
  ],
  "switches protocols": [afterRequest((id) => headers(id, 101)), "answer-malformed", 502],
  "sends a pseudo field of requests": [
    afterRequest((id) => fields(id, [":status", "200"], [":path", "/"])),
    "answer-malformed",
    502,
  ],
  "sends a name in upper case": [
    afterRequest((id) => headers(id, 200, [["X-A", "b"]])),
    "answer-malformed",
    502,
  ],
  "sends a field of the connection": [
    afterRequest((id) => headers(id, 200, [["transfer-encoding", "chunked"]])),
    "answer-malformed",
    502,
  ],
  "sends two lengths": [
    afterRequest((id) =>
      headers(id, 200, [
        ["content-length", "1"],
        ["content-length", "2"],
      ]),
    ),
    "answer-malformed",
    502,
  ],
  "sends a length that is no number": [
    afterRequest((id) => headers(id, 200, [["content-length", "-1"]])),
    "answer-malformed",
    502,
  ],
  "sends interim answers without end": [
    afterRequest((id) => times(100, () => headers(id, 103))),
    "answer-malformed",
    502,
  ],
  "sends more fields than fit": [
    afterRequest((id) =>
      Buffer.concat([
        frame(HEADERS, 0, id, fieldBlock([[":status", "200"]])),
        frame(CONTINUATION, END_HEADERS, id, fieldBlock(Array.from({ length: 1_200 }, () => ["a", "b"]))),
      ]),
    ),
    "answer-malformed",
    502,
  ],
  // A field of 4 KB that is kept and then named by one byte each (RFC 7541 section 6.1).
  "sends a bomb of fields": [
    afterRequest((id) => {
      const kept = Buffer.concat([
        Buffer.from([0x88, 0x40, 1]),
        Buffer.from("a"),
        Buffer.from([0x7f, 0xa1, 0x1e]),
        Buffer.alloc(4_000, "b"),
      ]);
      return raw(id, Buffer.concat([kept, Buffer.alloc(900, 0xbe)]));
    }),
    "answer-malformed",
    502,
  ],
  "sends a head without end": [
    afterRequest((id) =>
      Buffer.concat([
        frame(HEADERS, 0, id, fieldBlock([[":status", "200"]])),
        times(100, () => frame(CONTINUATION, 0, id, fieldBlock([["x-a", "b".repeat(100)]]))),
      ]),
    ),
    "answer-malformed",
    502,
  ],
  "sends fields that cannot be read": [
    afterRequest((id) => raw(id, "\xff\xff\xff\xff")),
    "answer-malformed",
    502,
  ],
  pushes: [
    afterRequest((id) =>
      frame(PUSH_PROMISE, END_HEADERS, id, Buffer.concat([uint32(2), fieldBlock([[":method", "GET"]])])),
    ),
    "answer-malformed",
    502,
  ],
  "sends a frame that is too long": [
    afterRequest((id) => frame(DATA, 0, id, Buffer.alloc(17_000))),
    "answer-malformed",
    502,
  ],
  "sends frames of a stream that is not there": [
    afterRequest(() => frame(DATA, 0, 99, "x")),
    "answer-malformed",
    502,
  ],
  "opens a window of nothing": [
    afterRequest((id) => frame(WINDOW_UPDATE, 0, id, uint32(0))),
    "answer-malformed",
    502,
  ],
  "changes its settings without end": [
    afterRequest(() => times(2_000, () => frame(SETTINGS, 0, 0, setting(MAX_CONCURRENT_STREAMS, 50)))),
    "answer-cut",
    502,
  ],
};

const PART = (id: number): Buffer => Buffer.concat([headers(id, 200), frame(DATA, 0, id, "part")]);
const LONGER = (id: number): Buffer =>
  Buffer.concat([headers(id, 200, [["content-length", "9"]]), frame(DATA, 0, id, "part")]);

/** What an instance has sent of its answer, what it does when the client has got that, and the row that it gives. */
export const IN_THE_BODY: Record<
  string,
  [sent: (id: number) => Buffer, then: (id: number, connection: RawConnection) => unknown, FailureCode]
> = {
  "resets without an error": [PART, (id, connection) => connection.send(reset(id, 0)), "answer-cut"],
  "resets for a fault of its own": [PART, (id, connection) => connection.send(reset(id, 2)), "answer-cut"],
  "refuses the stream too late": [PART, (id, connection) => connection.send(reset(id, 7)), "answer-refused"],
  closes: [PART, (_, connection) => connection.end(), "answer-cut"],
  "resets the connection": [PART, (_, connection) => connection.reset(), "answer-cut"],
  "says GOAWAY with an error": [PART, (id, connection) => connection.send(goaway(id, 2)), "answer-cut"],
  "ends short of its length": [
    LONGER,
    (id, connection) => connection.send(frame(DATA, END, id, "ial")),
    "answer-malformed",
  ],
  "goes beyond its length": [
    LONGER,
    (id, connection) => connection.send(frame(DATA, END, id, "ial and more")),
    "answer-malformed",
  ],
  "resets without an error short of its length": [
    LONGER,
    (id, connection) => connection.send(reset(id, 0)),
    "answer-cut",
  ],
  "sends trailers that do not end it": [
    PART,
    (id, connection) => connection.send(raw(id, fieldBlock([["x-sum", "1"]]))),
    "answer-malformed",
  ],
  "sends a status in its trailers": [
    PART,
    (id, connection) => connection.send(headers(id, 200, [], END)),
    "answer-malformed",
  ],
};
