// Instances that fail in every way that they can, each with the row of the failure table that it gives.

import type { FailureCode } from "../../request/failures.ts";
import type { RawConnection } from "./raw-connection.ts";
import type { Behaviour } from "./test-instance.ts";

/** How an instance ends what it says. */
export type Then = "reset" | "end" | "stay";

/** Reads the request, says something, and does something about it. */
export function afterHead(says: string, then: Then): Behaviour {
  return async (connection, self) => {
    await self.read(connection);
    say(connection, says, then);
  };
}

/** Says something on a connection, and does something about it. */
export function say(connection: RawConnection, says: string, then: Then): void {
  connection.send(says);
  if (then === "end") connection.end();
  // What was said must be there before the reset takes it away.
  if (then === "reset") connection.socket.write("", () => setImmediate(() => connection.reset()));
}

/** What an instance does before its answer's head is whole, and the row that it gives. */
export const BEFORE_THE_ANSWER: Record<string, [Behaviour, FailureCode, status: number]> = {
  "closes at once": [async (connection) => connection.end(), "answer-cut", 502],
  "resets when it has the request": [afterHead("", "reset"), "answer-cut", 502],
  "closes when it has the request": [afterHead("", "end"), "answer-cut", 502],
  "resets in the head": [afterHead("HTTP/1.1 200 OK\r\nContent-Le", "reset"), "answer-cut", 502],
  "closes in the head": [afterHead("HTTP/1.1 200 OK\r\nContent-Le", "end"), "answer-cut", 502],
  "closes after an interim answer": [afterHead("HTTP/1.1 103 Early Hints\r\n\r\n", "end"), "answer-cut", 502],
  "answers garbage": [afterHead("SSH-2.0-OpenSSH_9.7\r\n\r\n", "stay"), "answer-malformed", 502],
  "answers a request": [afterHead("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "stay"), "answer-malformed", 502],
  "answers with a bad status": [afterHead("HTTP/1.1 2x0 OK\r\n\r\n", "stay"), "answer-malformed", 502],
  "answers with a status of two digits": [
    afterHead("HTTP/1.1 20 OK\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with the status 099": [
    afterHead("HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers in another version": [
    afterHead("HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with a bad field": [
    afterHead("HTTP/1.1 200 OK\r\nbad field: x\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with a folded field": [
    afterHead("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with a NUL in a field": [
    afterHead("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with a bare LF": [
    afterHead("HTTP/1.1 200 OK\nContent-Length: 0\n\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with two lengths": [
    afterHead("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with a bad length": [
    afterHead("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with both framings": [
    afterHead("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with another coding": [
    afterHead("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "stay"),
    "answer-malformed",
    502,
  ],
  "answers with a head without end": [
    afterHead(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(2_000_000)}`, "stay"),
    "answer-malformed",
    502,
  ],
};

const LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart";
const CHUNKS = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n";

/** What an instance has sent of its answer, what it does when the client has got that, and the row that it gives. */
export const IN_THE_BODY: Record<string, [sent: string, says: string, then: Then, FailureCode]> = {
  "resets in a body with a length": [LENGTH, "", "reset", "answer-cut"],
  "closes in a body with a length": [LENGTH, "ial", "end", "answer-cut"],
  "resets in a body in chunks": [CHUNKS, "", "reset", "answer-cut"],
  "closes in a body in chunks": [CHUNKS, "", "end", "answer-cut"],
  "closes in a chunk": [CHUNKS, "9\r\nial", "end", "answer-cut"],
  "closes before the last chunk ends": [CHUNKS, "0\r\n", "end", "answer-cut"],
  "sends a bad chunk": [CHUNKS, "xyz\r\n", "stay", "answer-malformed"],
  "sends a chunk longer than its size": [CHUNKS, "3\r\nlonger\r\n", "stay", "answer-malformed"],
  "sends a bare LF after a chunk": [CHUNKS, "3\r\nial\n0\r\n\r\n", "stay", "answer-malformed"],
  "resets in a body that ends with the connection": [
    "HTTP/1.1 200 OK\r\n\r\npart",
    "",
    "reset",
    "answer-cut",
  ],
};
