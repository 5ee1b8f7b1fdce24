import type { AnsweringInstance } from "./answering-instance.ts";
import type { AnswerCase, Given } from "./raw-case.ts";
import { type Seen, sendRaw } from "./raw-client.ts";

/** What became of an instance's bytes. */
export interface AnswerOutcome {
  /** In words, to be compared with {@link described}. */
  readonly gives: string;
  /** The instance's connection carried another exchange. */
  readonly isKept: boolean;
}

/** Has the instance send a case's bytes through a proxy. */
export async function runAnswerCase(
  rawCase: AnswerCase,
  at: { readonly port: number; readonly instance: AnsweringInstance; readonly timeoutMs: number },
): Promise<AnswerOutcome> {
  const { method = "GET", httpVersion = "1.1" } = rawCase;
  at.instance.play(rawCase);
  const seen = await sendRaw(at.port, {
    bytes: `${method} / HTTP/${httpVersion}\r\nHost: a.example\r\n\r\n`,
    methods: [method],
    ends: false,
    timeoutMs: at.timeoutMs,
    isEnough: (answers) => answers[0]?.isWhole === true,
  });
  await sendRaw(at.port, {
    bytes: "GET /sentinel HTTP/1.1\r\nHost: a.example\r\n\r\n",
    methods: ["GET"],
    ends: false,
    timeoutMs: at.timeoutMs,
    isEnough: (answers) => answers[0]?.isWhole === true,
  });
  return { gives: seenAs(seen), isKept: at.instance.isKept };
}

/** What a case gives, in words. */
export function described(given: Given): string {
  if ("failure" in given) return `failure ${given.failure}`;
  if ("cut" in given) return `${given.cut}, cut`;
  return [...(given.interims ?? []), given.status, given.body].join(" ");
}

function seenAs({ answers, ending }: Seen): string {
  const [answer] = answers;
  if (answer === undefined) return ending === "open" ? "nothing" : "closed";
  if (answer.failure !== undefined) return `failure ${answer.failure}`;
  if (!answer.isWhole) return ending === "open" ? `${answer.status}, unfinished` : `${answer.status}, cut`;
  return [...answer.interims, answer.status, answer.body].join(" ");
}
