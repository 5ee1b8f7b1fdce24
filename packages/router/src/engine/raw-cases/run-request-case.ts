import type { RequestCase } from "./raw-case.ts";
import { sendRaw } from "./raw-client.ts";
import type { ReadingInstance } from "./reading-instance.ts";

/** What became of a client's bytes. */
export interface RequestOutcome {
  /** What the instance read. */
  readonly reads: readonly string[];
  /** X-Wayleave-Error of the answer that refused the rest. */
  readonly refused: string | undefined;
  /** The connection was closed, and not by the client. */
  readonly isClosed: boolean;
}

const SENTINEL = "GET /sentinel HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

/**
 * Sends a case's bytes through a proxy. A request on another connection follows, and takes the connection to
 * the instance that the case has left: what was smuggled into it is read before.
 */
export async function runRequestCase(
  rawCase: RequestCase,
  at: {
    readonly port: number;
    readonly instance: ReadingInstance;
    readonly timeoutMs: number;
    /** The connection must close behind what was refused. */
    readonly mustClose: boolean;
  },
): Promise<RequestOutcome> {
  const expected = rawCase.reads.length + (rawCase.refused === undefined ? 0 : 1);
  const mustClose = (rawCase.refused !== undefined && at.mustClose) || rawCase.ends === true;
  const seen = await sendRaw(at.port, {
    bytes: rawCase.bytes,
    methods: rawCase.reads.map((read) => read.split(" ", 1)[0] ?? ""),
    ends: rawCase.ends ?? false,
    timeoutMs: at.timeoutMs,
    isEnough: (answers) => !mustClose && answers.filter((answer) => answer.isWhole).length >= expected,
  });
  await sendRaw(at.port, {
    bytes: SENTINEL,
    methods: ["GET"],
    ends: false,
    timeoutMs: 5_000,
    isEnough: (answers) => answers[0]?.isWhole === true,
  });
  const reads = at.instance.takeRead();
  if (reads.pop() !== "GET /sentinel") throw new Error("the request behind the case was not read");
  return {
    reads,
    refused: seen.answers.find((answer) => answer.failure !== undefined)?.failure,
    isClosed: seen.ending !== "open",
  };
}
