import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

import { answerCases } from "../raw-cases/answer-cases.ts";
import { requestFraming } from "../raw-cases/request-framing.ts";
import { requestOrder } from "../raw-cases/request-order.ts";
import { requestSmuggling } from "../raw-cases/request-smuggling.ts";
import { requestSyntax } from "../raw-cases/request-syntax.ts";
import { ClientConnection } from "./client-connection.ts";
import { Deadlines } from "./deadlines.ts";
import { FAKE_CLIENT, FAKE_INSTANCE, createFakeSocket, createFakeWire } from "./fake-wire.ts";
import { InstanceConnection } from "./instance-connection.ts";
import type { AnswerReceiver } from "./relay-instance.ts";

const deadlines = new Deadlines();
afterAll(() => deadlines.destroy());

const MAX_LENGTH = 600;
const short = (bytes: string): boolean => bytes.length > 0 && bytes.length < MAX_LENGTH;
const REQUESTS = [requestFraming, requestSmuggling, requestSyntax, requestOrder]
  .flat()
  .map(({ bytes }) => bytes)
  .filter(short);
const ANSWERS = answerCases.map(({ bytes }) => bytes).filter(short);
const PIECES = ["\r\n", "\r", "\n", "0", " ", ":", ";", "\0", "\xff", "5\r\n", "HTTP/1.1", "chunked"];

/** One of the texts, with a few bytes deleted, doubled or replaced. */
function mutated(texts: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat({ max: MAX_LENGTH }),
    drop: fc.nat({ max: 3 }),
    insert: fc.oneof(
      fc.constant(""),
      fc.constantFrom(...PIECES),
      fc.nat({ max: 255 }).map((code) => String.fromCharCode(code)),
    ),
  });
  return fc.tuple(fc.constantFrom(...texts), fc.array(change, { maxLength: 3 })).map(([text, changes]) =>
    changes.reduce((bytes, { at, drop, insert }) => {
      const place = at % (bytes.length + 1);
      return bytes.slice(0, place) + insert + bytes.slice(place + drop);
    }, text),
  );
}

const cutsOf = fc.array(fc.nat({ max: MAX_LENGTH }), { maxLength: 8 });

function* piecesOf(text: string, cuts: readonly number[]): Generator<Buffer> {
  let from = 0;
  for (const cut of [...cuts.toSorted((a, b) => a - b), text.length]) {
    if (cut > from && cut <= text.length) {
      yield Buffer.from(text.slice(from, cut), "latin1");
      from = cut;
    }
  }
}

/** What a connection makes of bytes: what was opened and refused, and what went to the instance. */
function readByClient(text: string, cuts: readonly number[]): { told: string[]; sent: string } {
  const wire = createFakeWire(deadlines);
  const client = createFakeSocket();
  const connection = new ClientConnection(wire.shared, FAKE_CLIENT, () => client.socket);
  for (const piece of piecesOf(text, cuts)) {
    connection.onBytes(piece, piece.length);
    wire.instances[0]?.socket.emit("connect");
  }
  const told = [...wire.told];
  const isRefused = told.some((line) => line.startsWith("finish") || line.startsWith("refuse"));
  client.socket.emit("close");
  // How much had gone out before something was found wrong depends on how it came.
  return { told, sent: isRefused ? "" : (wire.instances[0]?.written() ?? "") };
}

/** What a connection to an instance makes of bytes. */
function readFromInstance(text: string, cuts: readonly number[]): { outcome: string; body: string } {
  const wire = createFakeWire(deadlines);
  let outcome = "";
  let body = "";
  const receiver: AnswerReceiver = {
    isHead: false,
    isRequestWhole: true,
    onConnected: () => undefined,
    onInstanceDrain: () => undefined,
    onInterim: ({ status }) => (outcome += `${status} `),
    onAnswerHead: ({ status }) => (outcome += `${status} `),
    onAnswerBody: (bytes, from, to) => (body += bytes.toString("latin1", from, to)),
    onEarlyAnswerEnd: () => (outcome += "early"),
    onAnswerEnd: () => (outcome += "end"),
    onUpgrade: () => {
      outcome += "upgrade ";
      return {
        onUpgradedBytes: (bytes, from, to) => (body += bytes.toString("latin1", from, to)),
        onInstanceDrain: () => undefined,
        onUpgradedEnd: () => (outcome += "end"),
        onInstanceFailed: (failure) => (outcome += failure),
      };
    },
    onInstanceFailed: (failure) => (outcome += failure),
    onDefect: (error) => {
      throw error;
    },
  };
  const connection = new InstanceConnection(wire.shared, FAKE_INSTANCE, receiver);
  wire.instances[0]?.socket.emit("connect");
  for (const piece of piecesOf(text, cuts)) connection.onBytes(piece, piece.length);
  wire.instances[0]?.socket.emit("end");
  connection.destroy();
  // A body that is malformed from the first bytes on is found out before its head is handed on.
  if (outcome.endsWith("answer-malformed")) return { outcome: "malformed", body: "" };
  return { outcome, body };
}

const everyByte = (text: string): number[] => Array.from({ length: text.length }, (_, index) => index);

describe("whatever a client sends", () => {
  it("is understood the same in any pieces", () => {
    fc.assert(
      fc.property(mutated(REQUESTS), cutsOf, (text, cuts) => {
        expect(readByClient(text, cuts)).toEqual(readByClient(text, []));
      }),
      { numRuns: 3_000 },
    );
  });

  it("is understood the same byte by byte", () => {
    for (const text of REQUESTS) expect(readByClient(text, everyByte(text))).toEqual(readByClient(text, []));
  });

  it("reaches the instance as one request, in the words of the router", () => {
    fc.assert(
      fc.property(mutated(REQUESTS), (text) => {
        const { told, sent } = readByClient(text, []);
        if (sent === "") return;
        expect(told).toHaveLength(1);
        expect(sent.split("\r\n\r\n", 1)[0]).toMatch(/^[A-Z_-]+ [\x21-\x7e]+ HTTP\/1\.1(?:\r\n|$)/);
        expect(sent.split("\r\n\r\n", 1)[0]).not.toMatch(/[\0\x7f]|\r(?!\n)|(?<!\r)\n/);
        expect(sent.match(/\r\n(?:content-length|transfer-encoding):/gi)?.length ?? 0).toBeLessThan(3);
      }),
    );
  });
});

describe("whatever an instance sends", () => {
  it("is understood the same in any pieces", () => {
    fc.assert(
      fc.property(mutated(ANSWERS), cutsOf, (text, cuts) => {
        expect(readFromInstance(text, cuts)).toEqual(readFromInstance(text, []));
      }),
      { numRuns: 3_000 },
    );
  });

  it("is understood the same byte by byte", () => {
    for (const text of ANSWERS) {
      expect(readFromInstance(text, everyByte(text))).toEqual(readFromInstance(text, []));
    }
  });
});
